import { once } from "node:events";
import { WebSocket } from "ws";
import type { User } from "../systems/seed.ts";

export type Where = { url: string; user: User };
export type Peer = { user_id: string } | { chat_id: string };
/** What comes of a send: an error, or nothing but, where the system has such, the conversation's id. */
export type Answer = { error?: string; chat_id?: string };

/** A socket of a user who is signed in. */
export type Client = {
  /** `hear` is told when the message is stored, or why it is not, or that the socket ended before that. */
  send(peer: Peer, content: string, hear: (answer: Answer) => void): void;
  /** What others write goes here. */
  onMessage: (content: string) => void;
  /** From now on messages are counted and not read: it hears no answers. */
  count(hear: () => void): void;
  isOpen(): boolean;
  /** Says that it is there, where that is asked of it. */
  beat(): void;
  /** Ends it at once; resolves when it has ended. */
  cut(): Promise<void>;
};

export const SOCKET_ENDED = "SOCKET_ENDED";

export const answerTo = (client: Client, peer: Peer, content: string): Promise<Answer> =>
  new Promise((resolve) => client.send(peer, content, resolve));

/** A socket that is open. */
export async function socketTo(url: string, subprotocols: string[]): Promise<WebSocket> {
  const socket = new WebSocket(url, subprotocols, { perMessageDeflate: false });
  await once(socket, "open");
  socket.on("error", () => {}); // close follows
  return socket;
}

export const lifeOf = (socket: WebSocket): Pick<Client, "isOpen" | "cut"> => ({
  isOpen: () => socket.readyState === socket.OPEN,
  async cut() {
    if (socket.readyState === socket.CLOSED) return;
    socket.terminate();
    await once(socket, "close");
  },
});
