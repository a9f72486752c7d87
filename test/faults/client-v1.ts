import type { Chat } from "../support/client.ts";
import { base64, koreanTime, loadFrame } from "../support/history.ts";
import { Client, type Ending, type Frame, type Open, type Options } from "./client.ts";
import { pairKey, type Seen, type Via } from "./events.ts";

type Failure = { code: number; reason: string };
const UNAVAILABLE = 5003;
const UNKNOWN = 5000;
const PAGE = 100;
/** Nothing older than this before a socket's end is edited after it: how far back a client that was away reads. */
const HORIZON_MS = 45_000;

/** A page of history that is being read, until the answer to the request after it. */
type Page = { chat: string; messages: Chat[]; end: () => void };

/**
 * The deployed app's way: no nonce, no cursor. After a new connection it reads the history, and what it had asked for and
 * was not answered is unknown to it.
 */
export class ClientV1 extends Client {
  protected readonly subprotocols = [];
  readonly #peers: string[];
  #waiting = new Map<string, (frame: Frame) => void>();
  /** Requests that have no answer yet, in their order. */
  #asked: Open[] = [];
  #page: Page | undefined;
  #readFrom = 0;
  #hasRead = false;

  constructor(options: Options & { peers: string[] }) {
    super(options);
    this.#peers = options.peers;
  }

  protected async begin(): Promise<void> {
    await this.#ask("heartbeat", 0, "heartbeat");
    await this.#ask("auth", { auth: this.options.token }, "auth");
    for (const peer of this.#peers) await this.#read(peer);
    this.#hasRead = true;
  }

  protected hear(frame: Frame): void {
    if (frame.type === "chat") return this.#hearChat(frame.payload as Chat);
    if (frame.type === "error") return this.#fail(frame.payload as Failure);
    if (frame.type === "mutual_users" && this.#page) return this.#page.end();
    this.#waiting.get(frame.type)?.(frame);
    this.#waiting.delete(frame.type);
  }

  protected say(open: Open): void {
    if (!this.isLive) return this.gaveUp(open, "fail", "not connected");
    const { write, peer } = open;
    this.#asked.push(open);
    const chat_id = String(BigInt(this.device.user) ^ BigInt(peer));
    const type = write.type === "send" ? "send" : "edit";
    this.sendFrame("chat", { type, chat_id, content: write.content, ...(write.id && { id: write.id }) });
  }

  protected ended(): void {
    for (const open of this.#asked) this.gaveUp(open, "unknown", "the socket ended");
    this.#asked = [];
    this.#waiting.clear();
    this.#page = undefined;
    if (this.#hasRead) this.#readFrom = Date.now() - HORIZON_MS;
    this.#hasRead = false;
  }

  protected waitAfter(ending: Ending): number {
    return ending.code === 1005 ? 0 : 50 + 200 * Math.random();
  }

  async #ask(type: string, payload: unknown, answer: string): Promise<Frame> {
    const { promise, resolve } = Promise.withResolvers<Frame>();
    this.#waiting.set(answer, resolve);
    this.sendFrame(type, payload);
    return promise;
  }

  /** The conversation's history, page by page, back to where it can have changed. */
  async #read(peer: string): Promise<void> {
    const chat = pairKey(this.device.user, peer);
    const chatId = String(BigInt(this.device.user) ^ BigInt(peer));
    const from = koreanStamp(this.#readFrom);
    this.log({ kind: "loading", chat, throwAway: false });
    for (let before = base64(koreanTime(60_000)); ;) {
      const page = await this.#readPage(chat, { ...loadFrame(chatId, "", PAGE), datetime: before });
      const [oldest] = page;
      if (page.length < PAGE || !oldest || oldest.created_at < from) break;
      before = base64(oldest.created_at);
    }
    this.log({ kind: "loaded", chat, since: this.#readFrom === 0 ? "" : from });
  }

  async #readPage(chat: string, request: object): Promise<Chat[]> {
    const { promise, resolve } = Promise.withResolvers<Chat[]>();
    const messages: Chat[] = [];
    this.#page = { chat, messages, end: () => ((this.#page = undefined), resolve(messages)) };
    this.sendFrame("load", request);
    this.sendFrame("load", { type: "mutual_users" }); // is answered after it
    return promise;
  }

  #hearChat(chat: Chat): void {
    const message = this.#seen(chat);
    const index = this.#asked.findIndex(({ write }) => answers(write, chat));
    const [open] = index < 0 ? [] : this.#asked.splice(0, index + 1).slice(-1);
    const isOfPage = !open && this.#page?.chat === message.chat && chat.type === "send";
    const via: Via = open ? "reply" : isOfPage ? "load" : "push";
    if (isOfPage) this.#page?.messages.push(chat);
    this.log({ kind: "receive", via, message });
    if (open) this.settled(open, message);
  }

  /** Answers come in the order of the requests: an error is for the first one. */
  #fail({ code, reason }: Failure): void {
    const open = this.#asked.shift();
    if (!open) return this.socket?.terminate();
    const isUnknown = code === UNKNOWN && /unknown/.test(reason);
    this.gaveUp(open, isUnknown ? "unknown" : "fail", code === UNAVAILABLE ? "unavailable" : reason);
  }

  #seen(chat: Chat): Seen {
    const peer = String(BigInt(this.device.user) ^ BigInt(chat.chat_id));
    const change = chat.type === "send" ? "send" : chat.content === "" ? "delete" : "edit";
    return {
      ...{ chat: pairKey(this.device.user, peer), change, id: chat.id, author: chat.user_id },
      ...{ content: chat.content, createdAt: chat.created_at, seq: 0, sentSeq: 0 },
    };
  }
}

const answers = ({ type, content, id }: Open["write"], chat: Chat) =>
  type === "send"
    ? chat.type === "send" && chat.content === content
    : chat.type === "edit" && chat.id === id && chat.content === content;

const KOREA_MS = 9 * 3_600_000;
/** As `created_at` is written. */
const koreanStamp = (ms: number) =>
  `${new Date(ms + KOREA_MS).toISOString().slice(0, 23).replace("T", " ")}000`;
