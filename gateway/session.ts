import { setTimeout as pause } from "node:timers/promises";
import { TokenBucket } from "limiter";
import type { WebSocket } from "ws";
import { fault } from "../services/common/errors.ts";
import type { Push } from "../services/common/push-bus.ts";
import type { Encoded } from "./encoded.ts";
import { refOf } from "./parse.ts";
import { failureOf, type Failure } from "./failures.ts";
import type { Position } from "./feed.ts";
import type { Again, Outgoing, Protocol, Ref } from "./protocol.ts";

/** Frames at once, then a second. */
export const BURST = 120;
export const RATE = 20;
/** A client beats so often. */
export const HEARTBEAT_MS = 40_000;
/** So long a client may take to read what it asked for. */
const READ_WITHIN_MS = 45_000;
/** Bytes that a slow reader may leave unread before it is cut. */
const MAX_BACKLOG_BYTES = 1024 * 1024;
/** Frames that wait for the one under way, before no more are read from the socket. */
const MAX_WAITING = 16;
/** What the nonces begin with that a gateway makes. */
export const OWN_NONCE = "~";
const READ_CHECK_MS = 20;
/** What a client goes on asking of a server that stops is answered for so long. */
const LAST_WORDS_MS = 1_000;
const AS_TEXT = { binary: false };

export type Frame = { data: Buffer; isBinary: boolean };
/** What a session may need to know of a push. */
export type About = {
  /** Of a change by this very user: what it was done with. */
  nonce?: string;
  /** Of a change of a conversation: its place there. */
  position?: Position;
  /** Of a message that is told of as new, and is older: what to tell whoever knows it already, by its first place. */
  known?: { sentSeq: number; frame: Encoded };
};
type Held = About & { frame: Encoded };
/** The reply to a write; of a change of a conversation with its position, as the change now stands. */
export type Reply = { seq?: number; send(): void };
/** By the nonces of the writes, in the order of the requests. */
export type Replies = Map<string, Reply>;
export type SessionOptions = {
  /** Unique among all sockets of all gateway processes. */
  id: string;
  protocol: Protocol;
  rateLimit: boolean;
  /** Answers one frame; never rejects. */
  answer(session: Session, frame: Frame): Promise<void>;
  onClose(session: Session): void;
};

/** One socket. Its frames are answered one after the other, in the order they came. */
export class Session {
  readonly id: string;
  readonly protocol: Protocol;
  /** Set by a successful auth, once. */
  userId: string | undefined;

  #socket: WebSocket;
  #options: SessionOptions;
  #bucket: TokenBucket | undefined;
  #beatAt: number | undefined;
  #openedAt = Date.now();
  #answers = 0;
  #waiting: Frame[] = [];
  #answering: Promise<void> | undefined;
  /** Pushes that wait, and their length. */
  #held: { pushes: Held[]; length: number } | undefined;
  #isLive: boolean;
  /** Up to where conversations were read for this session, past what is pushed. */
  #passed = new Map<string, number>();
  /** Changes it was answered with before their turn. */
  #early = new Set<string>();
  /** The nonces of the writes under way. */
  #writes: ReadonlySet<string> | undefined;

  constructor(socket: WebSocket, options: SessionOptions) {
    this.id = options.id;
    this.protocol = options.protocol;
    this.#socket = socket;
    this.#options = options;
    this.#isLive = !options.protocol.resumes;
    const hello = options.protocol.hello?.();
    if (hello) this.reply(hello);
    if (options.rateLimit) this.#bucket = fullBucket();
    socket.on("message", (data: Buffer, isBinary) => this.#receive({ data, isBinary }));
    socket.on("close", () => options.onClose(this));
    socket.on("error", () => {}); // close always follows
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  get hasBeaten(): boolean {
    return this.#beatAt !== undefined;
  }
  /** Frames that wait for the one under way. */
  get waiting(): number {
    return this.#waiting.length;
  }
  /** Bytes that the client has not read yet. */
  get backlog(): number {
    return this.#socket.bufferedAmount;
  }

  /** Answers a heartbeat with itself: any payload comes back as it came, to the last digit. */
  beat(text: string): void {
    this.#beatAt = Date.now();
    this.#send(text);
  }

  /** Names one request of this session, among all requests of all time; no client can choose such a name. */
  nextNonce(): string {
    this.#answers += 1;
    return `${OWN_NONCE}${this.id}.${this.#answers}`;
  }

  reply({ type, payload }: Outgoing, ref?: Ref): void {
    this.#send(JSON.stringify({ type, ref, payload }));
  }
  fail(failure: Failure, ref?: Ref): void {
    this.reply(this.protocol.error(failure), ref);
  }

  /** Whether it is told of conversations. */
  get isLive(): boolean {
    return this.#isLive;
  }
  goLive(): void {
    this.#isLive = true;
  }
  /** It was not told what comes before: what was held back of conversations must not lead it past that. */
  notLive(): void {
    this.#isLive = false;
    this.#passed.clear();
    if (this.#held) this.#held.pushes = this.#held.pushes.filter(({ position }) => !position);
  }
  /** A change that it was answered with before its turn: its turn passes by. */
  answeredEarly(position: Position): void {
    this.#early.add(keyOf(position));
  }
  /** Tells of a change that was read for this session, at once and whatever is held back. */
  tell(push: Push, userId: string): void {
    const frame = this.protocol.push(push, userId);
    if (frame) this.reply(frame);
  }
  /** A conversation was read for this session up to here: pushes of it begin above. */
  passed({ conversationId, seq }: Position): void {
    this.#passed.set(conversationId, seq);
  }

  /** Sends what nobody asked for. */
  push(frame: Encoded, about: About = {}): void {
    if (this.#held) return this.#hold(frame, about);
    if (this.#isPassed(about.position)) return;
    if (this.backlog > MAX_BACKLOG_BYTES) return this.#socket.terminate(); // it does not read
    if (!this.#isEcho(about)) return this.#tell({ frame, ...about });
    this.#held = { pushes: [], length: 0 };
    this.#hold(frame, about);
  }

  /**
   * Keeps pushes back until `read` has replied: what it read may be older than they are, and nothing older may
   * follow something newer.
   */
  async reading(read: () => Promise<void>): Promise<void> {
    this.#held = { pushes: [], length: 0 };
    try {
      await read();
    } finally {
      this.#release();
    }
  }

  /**
   * The reply to a write takes the place of the push that tells the others of it: what comes before it in their
   * order is sent before, and what follows waits. Where there is no reply after all, the push is sent.
   */
  async writing(nonces: string[], write: () => Promise<Replies>): Promise<void> {
    this.#writes = new Set(nonces);
    let replies: Replies | undefined;
    try {
      replies = await write();
    } finally {
      this.#writes = undefined;
      this.#release(replies);
    }
  }

  /** Whether it is what the others are told of a write of this session that is under way. */
  #isEcho = ({ nonce }: About) => nonce !== undefined && this.#writes?.has(nonce) === true;

  #hold(frame: Encoded, about: About): void {
    if (!this.#held) return;
    this.#held.pushes.push({ frame, ...about });
    if (!this.#isEcho(about)) this.#held.length += frame.bytes.length;
    if (this.#held.length > MAX_BACKLOG_BYTES) this.#socket.terminate();
  }

  #release(replies: Replies = new Map()): void {
    const { pushes = [] } = this.#held ?? {};
    this.#held = undefined;
    const places = new Set(pushes.map(({ nonce }) => nonce));
    for (const held of pushes) {
      const { nonce = "", position } = held;
      const reply = replies.get(nonce);
      if (!reply) {
        if (!this.#isPassed(position)) this.#tell(held);
      } else if (reply.seq === position?.seq) replyUpTo(replies, places, nonce);
      else this.#tell(held); // it was changed again since: the reply is for after that
    }
    for (const { send } of replies.values()) send();
  }

  #isPassed(position: Position | undefined): boolean {
    if (!position) return false;
    if (this.#early.size > 0 && this.#early.delete(keyOf(position))) return true;
    return position.seq <= this.#passedOf(position);
  }

  #passedOf({ conversationId }: Position): number {
    return this.#passed.get(conversationId) ?? 0;
  }

  #tell({ frame, position, known }: Held): void {
    const isKnown = known && position && known.sentSeq <= this.#passedOf(position);
    this.#send((isKnown ? known.frame : frame).bytes);
  }

  /** @param again whether, and within what random time, the client is to come back; spread out where not said */
  close(code: number, reason: string, again: Again = {}): void {
    this.#waiting = [];
    this.#socket.close(code, this.protocol.closeReason(reason, again));
  }

  /** Ends a socket whose client has been silent for too long. To be called every second or so. */
  checkHeartbeat(now: number): void {
    if (!this.#answering && now - (this.#beatAt ?? this.#openedAt) > this.protocol.silenceMs)
      this.close(4003, "Heartbeat missing. Websocket session closed.");
  }

  /** Answers what has arrived, also what was not read yet, then closes. Whoever never ends is cut short. */
  async drain(): Promise<void> {
    const until = Date.now() + LAST_WORDS_MS;
    do {
      await this.#answering;
      await pause(READ_CHECK_MS); // what waits in the kernel is read
    } while (this.#answering && Date.now() < until);
    this.#socket.pause();
    await this.#answering;
    this.close(1001, "The server is going away, connect again.");
    this.#socket.resume(); // to read the other side's goodbye
  }

  /** The frame that is to be answered next. */
  get waitsNext(): Frame | undefined {
    return this.#waiting[0];
  }
  /** Takes it: it is answered with the one before. */
  take(): void {
    this.#waiting.shift();
  }

  #receive(frame: Frame): void {
    if (!this.isOpen) return;
    if (this.#bucket && !this.#bucket.tryRemoveTokens(1))
      return this.fail(
        failureOf(fault("TOO_FAST", undefined, { retryAfter: 1 }), false),
        refOf(frame, this.protocol),
      );
    this.#waiting.push(frame);
    if (this.#waiting.length === MAX_WAITING) this.#socket.pause();
    this.#answering ??= this.#answerAll();
  }

  async #answerAll(): Promise<void> {
    await null; // for the other frames that were read with the first
    for (let frame = this.#waiting.shift(); frame; frame = this.#waiting.shift()) {
      await this.#options.answer(this, frame);
      await this.read();
      if (this.#waiting.length === 0) this.#socket.resume();
    }
    this.#answering = undefined;
  }

  /**
   * Resolves when the client has read most of what it was sent: what it asked for may be long, as long as it reads on.
   */
  async read(): Promise<void> {
    for (let waited = 0; this.isOpen && this.backlog > MAX_BACKLOG_BYTES / 2; waited += READ_CHECK_MS) {
      if (waited > READ_WITHIN_MS) return this.#socket.terminate();
      await pause(READ_CHECK_MS);
    }
  }

  /** Text, or the UTF-8 of one. */
  #send(text: string | Buffer): void {
    if (this.isOpen) this.#socket.send(text, AS_TEXT);
  }
}

/** A reply whose place has come, and those to earlier requests that have no place among the pushes. */
function replyUpTo(replies: Replies, places: Set<string | undefined>, last: string): void {
  for (const [nonce, { send }] of replies) {
    const isLast = nonce === last;
    if (!isLast && places.has(nonce)) continue; // told later: it was stored later, too
    send();
    replies.delete(nonce);
    if (isLast) return;
  }
}

const keyOf = ({ conversationId, seq }: Position) => `${conversationId} ${seq}`;

function fullBucket(): TokenBucket {
  const bucket = new TokenBucket({ bucketSize: BURST, tokensPerInterval: RATE, interval: "second" });
  bucket.content = BURST;
  return bucket;
}
