import { lifeOf, SOCKET_ENDED, socketTo, type Answer, type Client, type Where } from "./client.ts";

type Message = { id: string; chat_id: string; seq: number; content: string };
type Payload = Record<string, unknown> & { type?: string; message?: Message };
export type Frame = { type: string; ref?: string; payload: Payload | null };

/** A client of who speaks JSON: what is sent, answered and pushed is the same, `chat` frames of v2. */
export type FrameClient = Client & {
  /** Asks; `hear` gets the reply, or an error where the socket ends before it. */
  ask(type: string, payload: object, hear: (reply: Frame) => void): void;
  /** The reply. @throws the error */
  get(type: string, payload: object): Promise<Frame>;
};

/** Wherein those who speak JSON differ. */
export type Flavour = {
  path: string;
  subprotocols: string[];
  /** Whether a socket that does not beat is closed. */
  beats: boolean;
  signIn(client: FrameClient, where: Where): Promise<unknown>;
};

export const rewind: Flavour = {
  ...{ path: "/ws", subprotocols: ["rewind.v2"], beats: true },
  async signIn(client, { user }) {
    await client.get("auth", { auth: user.token });
    await client.get("sync", {});
  },
};
export const relay: Flavour = {
  ...{ path: "/", subprotocols: [], beats: false },
  signIn: (client, { user }) => client.get("auth", { auth: user.token }),
};
export const bare: Flavour = { path: "/", subprotocols: [], beats: false, signIn: async () => {} };

const ENDED: Frame = { type: "error", payload: { type: SOCKET_ENDED } };
export const errorOf = ({ payload }: Frame) => String(payload?.type ?? "ERROR");

const answerIn = (reply: Frame): Answer =>
  reply.type === "chat" ? { chat_id: reply.payload?.message?.chat_id } : { error: errorOf(reply) };

let nonces = 0;
/** As a client by the book gives it. */
function nonce(): string {
  nonces += 1;
  return `bench-${process.pid}-${nonces}`;
}

/** Opens a socket, without signing in. */
export async function openFrames(flavour: Flavour, { url }: Where): Promise<FrameClient> {
  const socket = await socketTo(url + flavour.path, flavour.subprotocols);
  const replies = new Map<string, (reply: Frame) => void>();
  let asked = 0;
  const end = () => {
    for (const hear of replies.values()) hear(ENDED);
    replies.clear();
  };
  const client: FrameClient = {
    ...lifeOf(socket),
    onMessage: () => {},
    ask(type, payload, hear) {
      asked += 1;
      const ref = `r${asked}`;
      replies.set(ref, hear);
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify({ type, payload, ref }));
      else end();
    },
    get: (type, payload) =>
      new Promise((resolve, reject) =>
        client.ask(type, payload, (reply) =>
          reply.type === "error" ? reject(new Error(errorOf(reply))) : resolve(reply),
        ),
      ),
    send: (peer, content, hear) =>
      client.ask("chat", { type: "send", ...peer, content, nonce: nonce() }, (reply) =>
        hear(answerIn(reply)),
      ),
    count: (hear) => void socket.removeAllListeners("message").on("message", hear),
    beat: () => flavour.beats && socket.send('{"type":"heartbeat","payload":0}'),
  };
  socket.on("message", (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as Frame;
    if (frame.ref === undefined)
      return frame.type === "chat" && client.onMessage(frame.payload?.message?.content ?? "");
    const hear = replies.get(frame.ref);
    replies.delete(frame.ref);
    hear?.(frame);
  });
  socket.on("close", end);
  return client;
}

/** Opens a socket and signs in: from then on it hears of everything. */
export async function connectFrames(flavour: Flavour, where: Where): Promise<FrameClient> {
  const client = await openFrames(flavour, where);
  await flavour.signIn(client, where);
  return client;
}
