/**
 * The gateway of the bare relay: asks the store for each `chat` frame, answers with what it says, and writes what is
 * published to a user to all its sockets but the one that sent it. It checks nothing, and believes who one says one is.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, type Subscription } from "nats";
import { WebSocketServer, type WebSocket } from "ws";

type Frame = {
  type: string;
  ref: string;
  payload: { auth: string; user_id: string; content: string; nonce: string };
};
type Peer = { socket: WebSocket; origin: string };
type User = { peers: Set<Peer>; subscription: Subscription };

const { NATS_URL = "" } = process.env;
const NEWLINE = 10;
const { host, username, password } = new URL(NATS_URL);
const nats = await connect({ servers: host, user: username, pass: decodeURIComponent(password) });
const users = new Map<string, User>();
let opened = 0;

/** `data`: the origin, a line end, and the frame as it is sent. */
function deliver(peers: Set<Peer>, data: Uint8Array): void {
  const end = data.indexOf(NEWLINE);
  const origin = Buffer.from(data.buffer, data.byteOffset, end).toString("latin1");
  const frame = Buffer.from(data.subarray(end + 1));
  for (const peer of peers) if (peer.origin !== origin) peer.socket.send(frame, { binary: false });
}

function join(id: string, peer: Peer): void {
  const user = users.get(id);
  if (user) return void user.peers.add(peer);
  const peers = new Set([peer]);
  const callback = (_: unknown, { data }: { data: Uint8Array }) => deliver(peers, data);
  users.set(id, { peers, subscription: nats.subscribe(`relay.user.${id}`, { callback }) });
}

function leave(id: string, peer: Peer): void {
  const user = users.get(id);
  user?.peers.delete(peer);
  if (!user || user.peers.size > 0) return;
  user.subscription.unsubscribe();
  users.delete(id);
}

async function send(peer: Peer, from: string, { ref, payload }: Frame): Promise<void> {
  const { user_id: to, content, nonce } = payload;
  const request = JSON.stringify({ from, to, content, nonce, origin: peer.origin });
  const reply = await nats.request("relay.send", request, { timeout: 5_000 });
  peer.socket.send(`{"type":"chat","ref":"${ref}","payload":{"type":"send","message":${reply.string()}}}`);
}

async function signIn(peer: Peer, id: string, ref: string): Promise<void> {
  join(id, peer);
  peer.socket.once("close", () => leave(id, peer));
  await nats.flush();
  peer.socket.send(`{"type":"auth","ref":"${ref}","payload":null}`);
}

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("connection", (socket) => {
  opened += 1;
  const peer = { socket, origin: `socket.${opened}` };
  let user = "";
  socket.on("error", () => {}); // close follows
  socket.on("message", (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as Frame;
    if (frame.type === "auth") void signIn(peer, (user = frame.payload.auth), frame.ref);
    else if (frame.type === "chat")
      send(peer, user, frame).catch((error: unknown) =>
        socket.send(JSON.stringify({ type: "error", ref: frame.ref, payload: { type: String(error) } })),
      );
    else socket.send(data, { binary: false });
  });
});
process.on("SIGTERM", () => process.exit(0));
await once(server, "listening");
process.stdout.write(`ready ws://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
