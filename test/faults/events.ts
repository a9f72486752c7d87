import { createWriteStream } from "node:fs";

export type Protocol = "v1" | "v2";
export type Change = "send" | "edit" | "delete";
/** One device of one user. */
export type Device = {
  name: string;
  user: string;
  protocol: Protocol;
  /** Of nobody's conversation: it must never be told of any. */
  isStranger: boolean;
};

/** What a client wants done. `op` names it for good; no two have the same content, but for deletions. */
export type Write = { op: string; type: Change; pair: string; content: string; id?: string };

/** A message as a client was given it. v1 says neither `seq` nor `sentSeq`. */
export type Seen = {
  /** As the protocol names the conversation: v2 by its id, v1 (its clients know with whom they talk) by the pair. */
  chat: string;
  change: Change;
  id: string;
  author: string;
  content: string;
  createdAt: string;
  seq: number;
  sentSeq: number;
};
/** How it came: told while live, told of what was missed, the reply to one's own write, or history that was asked for. */
export type Via = "push" | "sync" | "reply" | "load";

export type Entry =
  /** v2: it asks to be told of what comes after a position, and of nothing before it. */
  | { kind: "begin"; chat: string; seq: number }
  /** v2: a conversation that it loads anew goes on from here. */
  | { kind: "cursor"; chat: string; seq: number }
  | { kind: "live"; url: string }
  | { kind: "down"; code: number; reason: string }
  | { kind: "invoke"; write: Write }
  | { kind: "ok"; op: string; message: Seen }
  | { kind: "fail"; op: string; reason: string }
  | { kind: "unknown"; op: string; reason: string }
  | { kind: "receive"; via: Via; message: Seen }
  /** From here to `loaded`: a conversation's history anew. */
  | { kind: "loading"; chat: string; throwAway: boolean }
  /** All that there is since a moment was loaded. */
  | { kind: "loaded"; chat: string; since: string }
  /** Told of something in a conversation that is no message. */
  | { kind: "notice"; type: string; chat: string };
export type Event = { at: number; client: string } & Entry;
export type Listener = (event: Event) => void;

/** Writes what happens to a file, a line each, and tells it to those who listen. */
export function openLog(file: string) {
  const stream = createWriteStream(file, { mode: 0o600 });
  const listeners = new Set<Listener>();
  return {
    record(client: string, entry: Entry): void {
      const event = { at: Date.now(), client, ...entry };
      stream.write(`${JSON.stringify(event)}\n`);
      for (const listener of listeners) listener(event);
    },
    /** Returns what ends it. */
    listen(listener: Listener): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => new Promise<void>((resolve) => void stream.end(() => resolve())),
  };
}
export type Log = ReturnType<typeof openLog>;

export const pairKey = (a: string, b: string) => (BigInt(a) < BigInt(b) ? `${a}-${b}` : `${b}-${a}`);
