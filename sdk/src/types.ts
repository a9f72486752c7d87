import type { RewindError } from "./errors.ts";
import type { Replies, Requests, Said } from "./wire.ts";

/** Each request that there is, as `type` or `type/kind`. */
export type RequestName = keyof Requests;
export type RequestOf<R extends RequestName> = Requests[R];
export type ReplyTo<R extends RequestName> = Replies[R];

export type Hello = Said["hello"];
/** `{id, name, profile}`; `profile` is the http(s) address of a picture, or null. */
export type User = Said["user"];
/**
 * `{id, chat_id, user_id, content, nonce, seq, sent_seq, created_at, edited_at, deleted}`. Ids are decimal strings, times
 * ISO 8601 in UTC with microseconds; `seq` is the position of its last change in its chat, `sent_seq` that of its first.
 */
export type Message = Said["chat"]["message"];
/** `{type: "send" | "edit" | "delete", message}`: the message as it now stands. */
export type Change = Said["chat"];
/** `{type: "chat", chat_id, messages, before, after}`: by rising `sent_seq`; `before` and `after` load on from here. */
export type Page = Said["load/chat"];
/** `{type: "chats", chats, before}`: by the last message, newest first. */
export type ChatList = Said["load/chats"];
/** `{chat_id, peer, last_message, last_seq, read_seq, unread}` */
export type Chat = ChatList["chats"][number];
/** `{type: "friends", friends, requests}` */
export type FriendList = Said["load/friends"];
/** `{chat_id, seq, unread}`: one has seen all up to this `sent_seq`. */
export type ReadMark = Said["read"];
/** `{chat_id, user_id, expires_in_ms}` */
export type Typing = Said["typing"];
export type Relation = Said["mutual_users"];
export type Failure = Said["error"];

/** The `seq` of the last change that was given of each chat, by `chat_id`. */
export type Cursors = Record<string, number>;

/** A chat, or whoever one wants to talk to: their chat is made if there is none. */
export type Target = { chat_id: string } | { user_id: string };
type Waiting = {
  /** Names the write for good: said again, it is done once. */
  nonce: string;
  /** When it was asked for: milliseconds since 1970, by the clock of this machine. */
  at: number;
  /** How often it was said. */
  tries: number;
};
/** A write that has no answer yet; plain data, to be kept as JSON. */
export type Entry = Waiting &
  (
    | { type: "send"; chat_id?: string; user_id?: string; content: string }
    | { type: "edit"; chat_id: string; id: string; content: string }
    | { type: "delete"; chat_id: string; id: string }
  );

/**
 * Keeps what was not answered through a reload of the page. Of one user alone: whatever is in it is sent by whoever is
 * signed in. Several clients may share one: each is said by all of them, and done once.
 */
export type OutboxStorage = {
  load(): Entry[] | Promise<Entry[]>;
  /** Takes the place of all that was there. */
  save(entries: Entry[]): void | Promise<void>;
};

/** What is used of a WebSocket. */
export type Socket = {
  readonly readyState: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { code: number; reason: string }) => void): void;
};
export type SocketClass = new (url: string, protocols: string[]) => Socket;

export type Options = {
  /** Of the server: `https://chat.example.org`, with or without `/ws`; `http`, `ws` and `wss` will do as well. */
  url: string;
  /** From `login`. */
  token: string;
  /** Nothing is kept without one. */
  storage?: OutboxStorage;
  /** The global one unless given. */
  WebSocket?: SocketClass;
  heartbeat?: {
    /** Milliseconds between heartbeats; half of what the server asks for unless given, and never more than all of it. */
    interval_ms?: number;
    /** A server that owes an answer and says nothing for so long is taken for gone; 10,000 unless given. */
    timeout_ms?: number;
  };
  /** To go on from what an earlier client was told (`client.cursors`); what was missed since is told first. */
  cursors?: Cursors;
};

/** `closed` is for good: by `close()`, or by a server that does not want this client back. */
export type State = "connecting" | "online" | "reconnecting" | "closed";

export type Events = {
  state: State;
  /** Signed in and told of all changes. Unless `resumed`, the past is unknown, of all chats: load what is shown. */
  ready: { resumed: boolean };
  /** Each change that is new to this client, whoever made it; of a chat in order, each once. */
  change: Change;
  /** Before a resumed `ready`: too much was missed of this chat. Throw away what you have of it, and load it anew. */
  reload: { chat_id: string };
  /** How far one has read, on this device or on another. */
  read: ReadMark;
  typing: Typing;
  /** `me`, `friends` or `requests` have changed. */
  people: null;
  /** What waits for an answer has changed. */
  outbox: null;
  /** What nobody waits for: a bad token, a stored write that was refused, a storage that fails. */
  error: RewindError;
};
