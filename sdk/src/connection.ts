import { disconnected, failed, type RewindError } from "./errors.ts";
import { Pace } from "./pace.ts";
import type { Said } from "./wire.ts";
import type {
  ChatList,
  FriendList,
  Hello,
  Options,
  Page,
  ReplyTo,
  RequestName,
  RequestOf,
  Socket,
  SocketClass,
} from "./types.ts";

type Plain = Exclude<keyof Said, `load/${string}`>;
/** What comes in, by its type. */
export type Frame = { ref?: string } & (
  | { [T in Plain]: { type: T; payload: Said[T] } }[Plain]
  | { type: "load"; payload: Page | ChatList | FriendList }
  | { type: "ok"; payload: null }
  | { type: "heartbeat"; payload: null }
);
export type Ending = { code: number; reason: string };
/** What concerns the socket itself. */
type Own = { auth: { auth: string }; sync: { cursors?: Record<string, number> }; heartbeat: null };

export type Handlers = {
  /** The server is there: requests may begin. */
  hello(): void;
  /** Every frame in the order of arrival, replies too: before what was asked for is resolved. */
  hear(frame: Frame): void;
  /** Once, unless it was `close` that ended it. */
  ended(ending: Ending): void;
};
type Request = {
  ref: string;
  text: string;
  isSaid: boolean;
  resolve(payload: never): void;
  reject(error: RewindError): void;
};

const SUBPROTOCOL = "rewind.v2";
const TIMEOUT_MS = 10_000;
const NO_CLOSE_FRAME = 1006;
/** The server's own is a second. */
const PAUSE_MS = 1_000;
const NORMAL = 1000;
const OPEN = 1;

/** One socket, from its opening to its end: requests and their replies, at the pace that the server asks for. */
export class Connection {
  hello: Hello | undefined;
  readonly #socket: Socket;
  readonly #handlers: Handlers;
  readonly #beat: NonNullable<Options["heartbeat"]>;
  /** What has no reply, as it was asked. */
  readonly #open = new Map<string, Request>();
  readonly #queue: Request[] = [];
  #pace: Pace | undefined;
  #refs = 0;
  #isOver = false;
  #beating: ReturnType<typeof setInterval> | undefined;
  #pacing: ReturnType<typeof setTimeout> | undefined;
  #watching: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string, WebSocket: SocketClass, beat: Options["heartbeat"], handlers: Handlers) {
    this.#handlers = handlers;
    this.#beat = beat ?? {};
    this.#socket = new WebSocket(url, [SUBPROTOCOL]);
    this.#socket.addEventListener("message", ({ data }) => this.#receive(data));
    this.#socket.addEventListener("close", ({ code, reason }) => this.#end({ code, reason }));
    this.#socket.addEventListener("error", () => {}); // close follows
    this.#watch();
  }

  /** @throws RewindError the server's, or DISCONNECTED */
  request<R extends RequestName>(name: R, payload: RequestOf<R>): Promise<ReplyTo<R>> {
    const [type = name, kind] = name.split("/");
    return this.#ask(type, kind === undefined || type === "user" ? payload : { type: kind, ...payload });
  }
  /** @throws RewindError the server's, or DISCONNECTED */
  own<T extends keyof Own>(type: T, payload: Own[T]): Promise<unknown> {
    return this.#ask(type, payload);
  }

  /** Asks whether anybody is there, at once: a heartbeat, whose reply is waited for. */
  probe(): void {
    if (!this.#pace) return;
    this.#pace.take();
    void this.#ask("heartbeat", null, true).catch(() => {});
  }

  /** Gives the socket up: it has ended. */
  cut(): void {
    this.#end({ code: NO_CLOSE_FRAME, reason: "" });
  }
  /** Ends without a word to the handlers. */
  close(): void {
    this.#finish(NORMAL);
  }

  #ask<T>(type: string, payload: unknown, isUrgent = false): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (this.#isOver) return Promise.reject(disconnected(false));
    const ref = String((this.#refs += 1));
    const request = { ref, text: JSON.stringify({ type, payload, ref }), isSaid: false, resolve, reject };
    this.#open.set(ref, request);
    if (isUrgent) this.#say(request);
    else this.#queue.push(request);
    this.#flush();
    return promise;
  }

  /** Says what waits, as long as there are tokens for it. */
  #flush(): void {
    clearTimeout(this.#pacing);
    while (this.#pace && this.#queue.length > 0) {
      const wait = this.#pace.wait();
      if (wait > 0) return void (this.#pacing = setTimeout(() => this.#flush(), wait));
      this.#pace.take();
      const request = this.#queue.shift();
      if (request) this.#say(request);
    }
  }

  #say(request: Request): void {
    if (this.#socket.readyState !== OPEN) return; // its end is about to be told
    request.isSaid = true;
    this.#socket.send(request.text);
    if (this.#watching === undefined) this.#watch();
  }

  #receive(data: unknown): void {
    if (this.#isOver || typeof data !== "string") return;
    const frame = parsed(data);
    if (!frame) return this.cut();
    if (frame.type === "hello") this.#begin(frame.payload);
    this.#handlers.hear(frame);
    const request = frame.ref === undefined ? undefined : this.#open.get(frame.ref);
    if (request) this.#settle(request, frame);
    else if (frame.type === "error") void this.#refusedUnnamed(failed(frame.payload));
    this.#watch();
  }

  #begin(hello: Hello): void {
    this.hello = hello;
    this.#pace = new Pace(hello);
    const { heartbeat_interval_ms: most } = hello;
    const interval = Math.min(this.#beat.interval_ms ?? most / 2, most);
    this.#beating = setInterval(() => this.probe(), interval);
    this.#handlers.hello();
    this.#flush();
  }

  #settle(request: Request, frame: Frame): void {
    this.#open.delete(request.ref);
    if (frame.type !== "error") return request.resolve(frame.payload as never);
    const error = failed(frame.payload);
    if (error.type === "TOO_FAST") this.#slowDown(error);
    request.reject(error);
  }

  #slowDown({ retryAfterMs = PAUSE_MS }: RewindError): void {
    this.#pace?.pause(retryAfterMs);
    this.#flush();
  }

  /**
   * A frame that came too fast is not read where it is long, and the error does not name it. As frames are answered in
   * turn, it was one of those that have no answer when a later one has.
   */
  async #refusedUnnamed(refusal: RewindError): Promise<void> {
    const suspects = [...this.#open.values()].filter(({ isSaid }) => isSaid);
    this.#slowDown(refusal);
    while (!(await this.#fence()));
    for (const suspect of suspects) if (this.#open.delete(suspect.ref)) suspect.reject(refusal);
  }

  /** Whether all that was said before this has been answered, or will never be. */
  async #fence(): Promise<boolean> {
    try {
      await this.#ask("heartbeat", null);
      return true;
    } catch {
      return this.#isOver;
    }
  }

  /** While the server owes something, it may not be silent for long. */
  #watch(): void {
    clearTimeout(this.#watching);
    this.#watching = undefined;
    const owes = !this.#pace || [...this.#open.values()].some(({ isSaid }) => isSaid);
    if (owes && !this.#isOver)
      this.#watching = setTimeout(() => this.cut(), this.#beat.timeout_ms ?? TIMEOUT_MS);
  }

  #end(ending: Ending): void {
    if (this.#isOver) return;
    this.#finish();
    this.#handlers.ended(ending);
  }

  #finish(code?: number): void {
    this.#isOver = true;
    clearInterval(this.#beating);
    clearTimeout(this.#pacing);
    clearTimeout(this.#watching);
    this.#socket.close(code);
    for (const { isSaid, reject } of this.#open.values()) reject(disconnected(isSaid));
    this.#open.clear();
    this.#queue.length = 0;
  }
}

function parsed(text: string): Frame | undefined {
  try {
    return JSON.parse(text) as Frame;
  } catch {
    return undefined; // not a server of ours
  }
}
