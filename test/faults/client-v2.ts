import { Client, type Ending, type Frame, type Open } from "./client.ts";
import type { Change, Seen, Via } from "./events.ts";

type Message = {
  id: string;
  chat_id: string;
  user_id: string;
  content: string;
  seq: number;
  sent_seq: number;
  created_at: string;
  deleted: boolean;
};
type Chat = { type: Change; message: Message };
type Failure = { type: string; reason: string; outcome: "not_done" | "unknown"; retry_after_ms?: number };
type Page = { messages: Message[]; before: number | null };
type Chats = { chats: { chat_id: string; last_seq: number }[] };

const PAGE = 100;
/** How much of a conversation that it was told to throw away a client reads again. */
const RELOADED = 600;
/** Once in so many times a client says a cursor that no server gave it, as one does that was restored from a backup. */
const MISTAKEN_EVERY = 5;
const NOWHERE = 1_000_000_000;
const AGAIN_MS = 150;
/** No reply for so long: the socket is given up. A server answers within 5 s. */
const REPLY_WITHIN_MS = 8_000;
/** Errors that pass: the same again, with the same nonce, may be done. */
const PASSING = new Set(["UNAVAILABLE", "TOO_FAST", "BUSY"]);

/**
 * A client by the book of v2: it keeps a cursor for each chat, resumes with them after each connection, and says each
 * write again, with its nonce, until it has an answer.
 */
export class ClientV2 extends Client {
  protected readonly subprotocols = ["rewind.v2"];
  readonly #cursors = new Map<string, number>();
  readonly #replies = new Map<string, { answer: (frame: Frame) => void; late: NodeJS.Timeout }>();
  /** What it was told to throw away and has not loaded to the end; a socket may end in the middle of that. */
  readonly #toReload = new Set<string>();
  #refs = 0;
  #resumed = 0;
  #hasBegun = false;
  #isSynced = false;

  protected async begin(): Promise<void> {
    this.#isSynced = false;
    await this.#ask("heartbeat", 0);
    await this.#ask("auth", { auth: this.options.token });
    if (this.#hasBegun) return this.#resume();
    await this.#ask("sync", {});
    for (const { chat_id: chat, last_seq: seq } of await this.#loadChats()) {
      if (seq <= this.#at(chat)) continue;
      this.#cursors.set(chat, seq);
      this.log({ kind: "begin", chat, seq });
    }
    this.#hasBegun = true;
    this.#isSynced = true;
  }

  protected hear(frame: Frame): void {
    const reply = frame.ref === undefined ? undefined : this.#replies.get(frame.ref);
    if (frame.type === "chat") this.#take(frame.payload as Chat, reply ? "reply" : this.#via());
    else if (frame.type === "read" || frame.type === "typing") {
      const { chat_id: chat } = frame.payload as { chat_id: string };
      this.log({ kind: "notice", type: frame.type, chat });
    }
    if (!reply || frame.ref === undefined) return;
    clearTimeout(reply.late);
    this.#replies.delete(frame.ref);
    reply.answer(frame);
  }

  protected say(open: Open): void {
    if (!this.isLive) return;
    const { write, peer } = open;
    open.tries += 1;
    const payload =
      write.type === "send"
        ? { type: "send", user_id: peer, content: write.content, nonce: write.op }
        : {
            ...{ type: write.type, chat_id: this.#chatOf(write.id), id: write.id, nonce: write.op },
            ...(write.type === "edit" && { content: write.content }),
          };
    void this.#ask("chat", payload, (frame) => this.#outcome(open, frame));
  }

  /** Says that it types, and how far it has read. */
  override wave(): void {
    const [chat, seq] = [...this.#cursors].at(-1) ?? [];
    if (!this.isLive || chat === undefined) return;
    void this.#ask("typing", { chat_id: chat }, () => {});
    void this.#ask("read", { chat_id: chat, seq }, () => {});
  }

  protected ended(): void {
    for (const { late } of this.#replies.values()) clearTimeout(late);
    this.#replies.clear();
    for (const open of this.open.values()) open.isUncertain ||= open.tries > 0;
  }

  protected waitAfter({ code, reason }: Ending): number {
    if (code === 1005) return 0;
    const { after_ms: after = 50 + 200 * Math.random() } = parsed(reason);
    return after;
  }

  /** Gets what was missed; where that cannot be, the conversation anew. */
  async #resume(): Promise<void> {
    const cursors = Object.fromEntries(this.#cursors);
    this.#resumed += 1;
    const [[chat] = []] = Object.entries(cursors);
    if (chat !== undefined && this.#resumed % MISTAKEN_EVERY === 0) cursors[chat] = NOWHERE;
    const { reload } = (await this.#ask("sync", { cursors })).payload as { reload: string[] };
    this.#isSynced = true;
    for (const id of reload) this.#toReload.add(id);
    for (const id of this.#toReload) await this.#reload(id);
  }

  async #loadChats(): Promise<Chats["chats"]> {
    return ((await this.#ask("load", { type: "chats" })).payload as Chats).chats;
  }

  async #reload(chat: string): Promise<void> {
    this.log({ kind: "loading", chat, throwAway: true });
    this.#cursors.delete(chat);
    const seq = (await this.#loadChats()).find(({ chat_id: id }) => id === chat)?.last_seq ?? 0;
    if (seq > this.#at(chat)) {
      this.#cursors.set(chat, seq);
      this.log({ kind: "cursor", chat, seq });
    }
    let before: number | null | undefined;
    let oldest = "";
    for (let count = 0; count < RELOADED && before !== null; count += PAGE) {
      const request = { type: "chat", chat_id: chat, count: PAGE, ...(before !== undefined && { before }) };
      const page = (await this.#ask("load", request)).payload as Page;
      for (const message of page.messages) this.#take({ type: "send", message }, "load");
      oldest = page.messages[0]?.created_at ?? oldest;
      before = page.before;
    }
    this.#toReload.delete(chat);
    this.log({ kind: "loaded", chat, since: before === null ? "" : oldest });
  }

  async #ask(type: string, payload: unknown, answer?: (frame: Frame) => void): Promise<Frame> {
    const { promise, resolve, reject } = Promise.withResolvers<Frame>();
    this.#refs += 1;
    const ref = `r${this.#refs}`;
    const late = setTimeout(() => this.socket?.terminate(), REPLY_WITHIN_MS);
    const take = (frame: Frame) =>
      answer ? answer(frame) : frame.type === "error" ? reject(new Error(reasonOf(frame))) : resolve(frame);
    this.#replies.set(ref, { answer: take, late });
    this.sendFrame(type, payload, ref);
    return promise;
  }

  #outcome(open: Open, frame: Frame): void {
    if (frame.type === "chat") return this.settled(open, seen(frame.payload as Chat));
    const failure = frame.payload as Failure;
    open.isUncertain ||= failure.outcome === "unknown";
    if (failure.outcome !== "unknown" && !PASSING.has(failure.type))
      return this.gaveUp(open, "fail", `${failure.type} ${failure.reason}`);
    setTimeout(() => this.open.has(open.write.op) && this.say(open), failure.retry_after_ms ?? AGAIN_MS);
  }

  #take(chat: Chat, via: Via): void {
    const message = seen(chat);
    this.#chats.set(message.id, message.chat);
    this.log({ kind: "receive", via, message });
    if (via !== "load" && message.seq > this.#at(message.chat)) this.#cursors.set(message.chat, message.seq);
  }

  #via = (): Via => (this.#isSynced ? "push" : "sync");
  #at = (chat: string): number => this.#cursors.get(chat) ?? 0;

  readonly #chats = new Map<string, string>();
  #chatOf = (id = ""): string => this.#chats.get(id) ?? "";
}

const seen = ({ type, message }: Chat): Seen => ({
  ...{ chat: message.chat_id, change: message.deleted ? "delete" : type, id: message.id },
  ...{ author: message.user_id, content: message.content, createdAt: message.created_at },
  ...{ seq: message.seq, sentSeq: message.sent_seq },
});

const reasonOf = ({ payload }: Frame) => JSON.stringify(payload);

function parsed(reason: string): { reconnect?: boolean; after_ms?: number } {
  try {
    return JSON.parse(reason) as { reconnect?: boolean; after_ms?: number };
  } catch {
    return {}; // no close frame
  }
}
