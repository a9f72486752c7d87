import type { DialectName } from "../systems/system.ts";
import type { Client, Payload } from "./client.ts";

/** Wherein systems differ for a client. What is sent, answered and pushed is the same: `chat` frames of v2. */
type Dialect = {
  path: string;
  subprotocols: string[];
  /** Whether a socket that does not beat is closed. */
  beats: boolean;
  signIn(client: Client): Promise<unknown>;
};

export const dialects: Record<DialectName, Dialect> = {
  rewind: {
    ...{ path: "/ws", subprotocols: ["rewind.v2"], beats: true },
    async signIn(client) {
      await client.get("auth", { auth: client.user.token });
      await client.get("sync", {});
    },
  },
  relay: {
    ...{ path: "/", subprotocols: [], beats: false },
    signIn: (client) => client.get("auth", { auth: client.user.token }),
  },
  bare: { path: "/", subprotocols: [], beats: false, signIn: async () => {} },
};

let nonces = 0;
/** Of a send: with its nonce, as a client by the book gives it. */
export function sendTo(peer: { user_id: string } | { chat_id: string }, content: string): Payload {
  nonces += 1;
  return { type: "send", ...peer, content, nonce: `bench-${process.pid}-${nonces}` };
}

/** So long are messages. */
const CONTENT = 64;
/** A message that carries a number. */
export const numbered = (number: number) => `${number} `.padEnd(CONTENT, "words ");
export const numberIn = (payload: Payload | null) => Number.parseInt(payload?.message?.content ?? "", 10);
