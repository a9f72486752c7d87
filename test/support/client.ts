import { setTimeout as pause } from "node:timers/promises";
import { WebSocket, type RawData } from "ws";

export type User = { id: string; name: string; profile: string | null };
export type Chat = {
  type: "send" | "edit";
  id: string;
  user_id: string;
  chat_id: string;
  content: string;
  created_at: string;
};
export type Payloads = {
  ok: null;
  error: { code: number; reason: string };
  heartbeat: unknown;
  auth: { self_user: User; mutual_requests: User[]; mutual_users: User[] };
  chat: Chat;
  user: User;
  mutual_users: User[] | { type: string; user: User };
};
type Type = keyof Payloads;
export type Frame<T extends Type = Type> = { [K in T]: { type: K; payload: Payloads[K] } }[T];
export type Matcher = (frame: Frame) => boolean;
export type Close = { code: number; reason: string };
export type Options = { userAgent?: string; headers?: Record<string, string>; subprotocols?: string[] };

const TIMEOUT = 5_000;
type Waiter = { matches: Matcher; take: (frame: Frame) => void; fail: (why: string) => void };

const show = (frames: readonly Frame[]) =>
  frames.map((frame) => JSON.stringify(frame).slice(0, 300)).join("\n  ") || "nothing";

/** A socket to `/ws` that keeps every frame until a test asks for it, in the order of arrival. */
export class Client {
  /** Everything that ever arrived. */
  readonly frames: Frame[] = [];
  readonly closed: Promise<Close>;
  readonly #socket: WebSocket;
  readonly #unread: Frame[] = [];
  readonly #waiters = new Set<Waiter>();
  #listener: ((frame: Frame) => void) | undefined;
  #close: Close | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#arrive(data));
    socket.on("error", () => {}); // told by the close that follows
    this.closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => {
        this.#close = { code, reason: reason.toString() };
        for (const waiter of this.#waiters) waiter.fail("the socket was closed");
        resolve(this.#close);
      });
    });
  }

  /** `url` is the HTTP base URL of a gateway. */
  static async connect(url: string, options: Options = {}): Promise<Client> {
    const headers = { ...(options.userAgent && { "user-agent": options.userAgent }), ...options.headers };
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws`, options.subprotocols ?? [], { headers });
    const client = new Client(socket);
    await new Promise((resolve, reject) => void socket.once("open", resolve).once("error", reject));
    return client;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** What the server chose of the subprotocols offered. */
  get subprotocol(): string {
    return this.#socket.protocol;
  }

  send(type: string, payload?: unknown): void {
    this.sendRaw(JSON.stringify({ type, payload }));
  }

  /** A string goes as a text frame, a Buffer as a binary frame. */
  sendRaw(data: string | Buffer): void {
    this.#socket.send(data, { binary: typeof data !== "string" });
  }

  /** Bytes that claim to be text. */
  sendAsText(bytes: Buffer): void {
    this.#socket.send(bytes, { binary: false });
  }

  /** The first unread frame of a type, or that fits, or of any kind; waits for it if need be. */
  next<T extends Type>(wanted: T, timeout?: number): Promise<Frame<T>>;
  next(wanted?: Matcher, timeout?: number): Promise<Frame>;
  next(wanted: Type | Matcher = () => true, timeout: number = TIMEOUT): Promise<Frame> {
    const matches = typeof wanted === "function" ? wanted : (frame: Frame) => frame.type === wanted;
    const index = this.#unread.findIndex(matches);
    const [here] = index < 0 ? [] : this.#unread.splice(index, 1);
    if (here) return Promise.resolve(here);
    const failure = new Error(); // made here for its stack
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        matches,
        take: (frame) => (done(), resolve(frame)),
        fail: (why) => {
          done();
          failure.message = this.#explain(`no ${typeof wanted === "string" ? wanted : "such"} frame: ${why}`);
          reject(failure);
        },
      };
      const timer = setTimeout(() => waiter.fail(`${timeout} ms went by`), timeout);
      if (this.#close) waiter.fail("the socket is closed");
      else this.#waiters.add(waiter);
    });
  }

  /** Sends, and answers with the very next frame, whatever it is. */
  ask(type: string, payload?: unknown): Promise<Frame> {
    this.send(type, payload);
    return this.next();
  }

  askRaw(data: string | Buffer): Promise<Frame> {
    this.sendRaw(data);
    return this.next();
  }

  /** Fails if a frame is unread or arrives within `ms`. */
  async expectSilence(ms: number): Promise<void> {
    await pause(ms);
    if (this.#unread.length > 0) throw new Error(this.#explain("expected silence"));
  }

  /** The frames that arrived and were not asked for yet; they are read by this. */
  drain(): Frame[] {
    return this.#unread.splice(0);
  }

  /** Gives every frame that is unread, and from now on each that comes, to `listener`; none is unread any more. */
  listen(listener: (frame: Frame) => void): void {
    this.drain().forEach(listener);
    this.#listener = listener;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }

  #arrive(data: RawData): void {
    const frame = JSON.parse(data.toString()) as Frame;
    this.frames.push(frame);
    if (this.#listener) return this.#listener(frame);
    const waiter = this.#waiters.values().find(({ matches }) => matches(frame));
    if (waiter) waiter.take(frame);
    else this.#unread.push(frame);
  }

  #explain(what: string): string {
    const close = this.#close ? `\nclosed: ${this.#close.code} ${this.#close.reason}` : "";
    return `${what}\nunread:\n  ${show(this.#unread)}\nthe last that arrived:\n  ${show(this.frames.slice(-10))}${close}`;
  }
}
