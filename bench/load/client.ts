import { once } from "node:events";
import { WebSocket } from "ws";
import type { DialectName } from "../systems/system.ts";
import type { User } from "../systems/seed.ts";
import { dialects } from "./dialects.ts";

export type Payload = Record<string, unknown> & { type?: string; message?: Message };
export type Message = { id: string; chat_id: string; seq: number; content: string };
export type Frame = { type: string; ref?: string; payload: Payload | null };

/** A socket of a user who is signed in. */
export type Client = {
  user: User;
  /** Asks; `hear` gets the reply, or an error where the socket ends before it. */
  ask(type: string, payload: object, hear: (reply: Frame) => void): void;
  /** The reply. @throws the error */
  get(type: string, payload: object): Promise<Frame>;
  /** What is pushed goes here. */
  onPush: (frame: Frame) => void;
  /** From now on what comes is counted and not read: it hears no replies. */
  count(hear: () => void): void;
  isOpen(): boolean;
  /** Says that it is there, where that is asked of it. */
  beat(): void;
  /** Ends it at once; resolves when it has ended. */
  cut(): Promise<void>;
};
export type Where = { dialect: DialectName; url: string; user: User };

const ENDED: Frame = { type: "error", payload: { type: "SOCKET_ENDED" } };
export const errorOf = ({ payload }: Frame) => String(payload?.type ?? "ERROR");

/** Opens a socket, without signing in. */
export async function open({ dialect, url, user }: Where): Promise<Client> {
  const socket = new WebSocket(url + dialects[dialect].path, dialects[dialect].subprotocols, {
    perMessageDeflate: false,
  });
  const replies = new Map<string, (reply: Frame) => void>();
  let asked = 0;
  const client: Client = {
    user,
    onPush: () => {},
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
    count: (hear) => void socket.removeAllListeners("message").on("message", hear),
    isOpen: () => socket.readyState === socket.OPEN,
    beat: () => dialects[dialect].beats && socket.send('{"type":"heartbeat","payload":0}'),
    async cut() {
      if (socket.readyState === socket.CLOSED) return;
      socket.terminate();
      await once(socket, "close");
    },
  };
  const end = () => {
    for (const hear of replies.values()) hear(ENDED);
    replies.clear();
  };
  socket.on("message", (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as Frame;
    if (frame.ref === undefined) return client.onPush(frame);
    const hear = replies.get(frame.ref);
    replies.delete(frame.ref);
    hear?.(frame);
  });
  socket.on("close", end);
  await once(socket, "open");
  socket.on("error", () => {}); // close follows
  return client;
}

/** Opens a socket and signs in: from then on it hears of everything. */
export async function connect(where: Where): Promise<Client> {
  const client = await open(where);
  await dialects[where.dialect].signIn(client);
  return client;
}
