import { expect } from "@jest/globals";
import { Client, type Close, type Frame as AnyFrame, type User } from "../support/client.ts";
import type { Person } from "../support/people.ts";

export type Message = {
  id: string;
  chat_id: string;
  user_id: string;
  content: string;
  nonce: string | null;
  seq: number;
  sent_seq: number;
  created_at: string;
  edited_at: string | null;
  deleted: boolean;
};
export type Change = { type: "send" | "edit" | "delete"; message: Message };
export type ReadMark = { chat_id: string; seq: number; unread: number };
export type ChatRow = {
  chat_id: string;
  peer: User;
  last_message: Message | null;
  last_seq: number;
  read_seq: number;
  unread: number;
};
export type Page = {
  type: "chat";
  chat_id: string;
  messages: Message[];
  before: number | null;
  after: number | null;
};
export type ChatList = { type: "chats"; chats: ChatRow[]; before: string | null };
export type FriendList = { type: "friends"; friends: User[]; requests: User[] };
export type Failure = {
  code: number;
  type: string;
  reason: string;
  outcome: "not_done" | "unknown";
  retry_after_ms?: number;
};
export type Payloads = {
  hello: Record<
    "heartbeat_interval_ms" | "heartbeat_timeout_ms" | "max_frame_bytes" | "max_content" | "burst" | "rate",
    number
  >;
  auth: { user: User; requests: User[]; friends: User[] };
  sync: { reload: string[] };
  heartbeat: unknown;
  chat: Change;
  load: Page | ChatList | FriendList;
  read: ReadMark;
  typing: { chat_id: string; user_id: string; expires_in_ms: number };
  ok: null;
  user: User;
  mutual_users: { type: string; user: User };
  error: Failure;
};
export type Type = keyof Payloads;
export type Frame<T extends Type = Type> = { [K in T]: { type: K; payload: Payloads[K]; ref?: string } }[T];
export type Cursors = Record<string, number>;

const V2 = ["rewind.v2"];
/** The client of the first protocol knows other frames. */
const read = (frame: AnyFrame) => frame as unknown as Frame;

/** A socket that speaks v2, as a device of a user does. What it was not asked for waits until a test reads it. */
export class Device {
  readonly closed: Promise<Close>;
  readonly #client: Client;
  #asked = 0;
  /** Once somebody listens: what waits for the reply to a `ref`. */
  #replies: Map<unknown, (frame: Frame) => void> | undefined;

  private constructor(client: Client) {
    this.#client = client;
    this.closed = client.closed;
  }

  /** `url` is the HTTP base URL of a gateway. The server's `hello` is not read yet. */
  static async connect(url: string, subprotocols = V2): Promise<Device> {
    return new Device(await Client.connect(url, { subprotocols }));
  }

  get isOpen(): boolean {
    return this.#client.isOpen;
  }
  get subprotocol(): string {
    return this.#client.subprotocol;
  }
  /** Everything that ever arrived. */
  get frames(): Frame[] {
    return this.#client.frames.map(read);
  }

  /** The first unread frame of a type, or of any; waits for it if need be. */
  next<T extends Type>(wanted: T, timeout?: number): Promise<Frame<T>>;
  next(wanted?: undefined, timeout?: number): Promise<Frame>;
  async next(wanted?: Type, timeout?: number): Promise<Frame> {
    return read(await this.#client.next((frame) => !wanted || read(frame).type === wanted, timeout));
  }

  /** What happened in chats: the next `count` frames of that. */
  async changes(count: number): Promise<Change[]> {
    const changes: Change[] = [];
    while (changes.length < count) changes.push((await this.next("chat")).payload);
    return changes;
  }

  sendRaw(data: string | Buffer): void {
    this.#client.sendRaw(data);
  }
  /** Without a `ref`. */
  send(type: string, payload?: unknown): void {
    this.sendRaw(JSON.stringify({ type, payload }));
  }
  /** The next frame, whatever it is. */
  async askRaw(data: string | Buffer): Promise<Frame> {
    return read(await this.#client.askRaw(data));
  }

  /** The frame that carries the `ref` of this request; what comes before it stays unread. */
  async ask(type: string, payload?: unknown, timeout?: number): Promise<Frame> {
    const ref = `r${(this.#asked += 1)}`;
    this.sendRaw(JSON.stringify({ type, payload, ref }));
    const replies = this.#replies;
    if (!replies) return read(await this.#client.next((frame) => read(frame).ref === ref, timeout));
    return new Promise((resolve, reject) => {
      replies.set(ref, resolve);
      void this.closed.then(() => reject(new Error(`the socket was closed before a reply to ${type}`)));
    });
  }

  /** The payload of the reply, which must be of a type. */
  async get<T extends Type>(wanted: T, type: string, payload?: unknown): Promise<Payloads[T]> {
    const frame = await this.ask(type, payload);
    if (frame.type !== wanted) throw new Error(`instead of ${wanted}: ${JSON.stringify(frame)}`);
    return frame.payload as Payloads[T];
  }

  async #write(payload: { type: string }): Promise<Message> {
    const { type, message } = await this.get("chat", "chat", payload);
    expect(type).toBe(payload.type);
    return message;
  }
  /** Says something to a user. */
  tell = (user_id: string, content: string, nonce?: string): Promise<Message> =>
    this.#write({ type: "send", user_id, content, nonce } as { type: string });
  /** Says something in a chat. */
  say = (chat_id: string, content: string, nonce?: string): Promise<Message> =>
    this.#write({ type: "send", chat_id, content, nonce } as { type: string });
  edit = ({ chat_id, id }: Message, content: string, nonce?: string): Promise<Message> =>
    this.#write({ type: "edit", chat_id, id, content, nonce } as { type: string });
  remove = ({ chat_id, id }: Message, nonce?: string): Promise<Message> =>
    this.#write({ type: "delete", chat_id, id, nonce } as { type: string });

  page = async (chat_id: string, where: { before?: number; after?: number; count?: number } = {}) =>
    (await this.get("load", "load", { type: "chat", chat_id, ...where })) as Page;
  chats = async (before?: string) => (await this.get("load", "load", { type: "chats", before })) as ChatList;
  friends = async () => (await this.get("load", "load", { type: "friends" })) as FriendList;
  read = (chat_id: string, seq: number) => this.get("read", "read", { chat_id, seq });
  sync = (cursors?: Cursors) => this.get("sync", "sync", { cursors });

  async signIn({ token }: { token: string }): Promise<Payloads["auth"]> {
    await this.next("hello");
    return this.get("auth", "auth", { auth: token });
  }

  expectSilence(ms: number): Promise<void> {
    return this.#client.expectSilence(ms);
  }
  /** What arrived and was not asked for yet; it is read by this. */
  drain(): Frame[] {
    return this.#client.drain().map(read);
  }
  /** Gives every frame that comes to `listener`, and leaves none unread; `ask` has its reply all the same. */
  listen(listener: (frame: Frame) => void): void {
    const replies = (this.#replies = new Map<unknown, (frame: Frame) => void>());
    this.#client.listen((any) => {
      const frame = read(any);
      listener(frame);
      if (frame.ref !== undefined) replies.get(frame.ref)?.(frame);
      replies.delete(frame.ref);
    });
  }
  close(): Promise<void> {
    return this.#client.close();
  }
}

/** Signed in, and not told of anything in chats yet. */
export const signedIn = async (url: string, person: Pick<Person, "token">): Promise<Device> => {
  const device = await Device.connect(url);
  await device.signIn(person);
  return device;
};
/** Hears of everything: from now on, or after `cursors`. What was missed is unread. */
export const online = async (
  url: string,
  person: Pick<Person, "token">,
  cursors?: Cursors,
): Promise<Device> => {
  const device = await signedIn(url, person);
  await device.sync(cursors);
  return device;
};

/** Every message of a chat, by rising `sent_seq`, walked from its end. */
export const history = async (device: Device, chat_id: string, count = 100): Promise<Message[]> => {
  const all: Message[] = [];
  for (let before: number | undefined; ;) {
    const page = await device.page(chat_id, { before, count });
    all.unshift(...page.messages);
    if (page.before === null) return all;
    before = page.before;
  }
};

/** An error, as the reply to a request that had a `ref`. */
export const error = (code: number, type: unknown = expect.stringMatching(/^[A-Z_]+$/)) => ({
  ...unnamedError(code, type),
  ref: expect.stringMatching(/\S/),
});
/** The same where there was none. */
export const unnamedError = (code: number, type: unknown = expect.stringMatching(/^[A-Z_]+$/)) => ({
  type: "error",
  payload: { code, type, reason: expect.stringMatching(/\S/), outcome: "not_done" },
});
export const notFound = () => error(4004, expect.stringMatching(/_NOT_FOUND$/));
/** A change as it is pushed to a device of its author. */
export const push = (type: Change["type"], message: Message) => ({
  type: "chat",
  payload: { type, message },
});
/** What others see of a message: its nonce is its author's alone. */
export const toOthers = (message: Message): Message => ({ ...message, nonce: null });
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
export const SILENCE_MS = 150;
