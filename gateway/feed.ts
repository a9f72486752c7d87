import type { Logger } from "moleculer";
import type { PushOf } from "../services/common/bus.ts";
import type { Meter } from "../services/common/metrics.ts";
import { planted } from "../services/common/failpoints.ts";
import type { Call } from "./call.ts";
import { readCursors } from "./cursors.ts";
import { missedSince } from "./missed.ts";

export type Change = PushOf<"chat.message.changed">;
/** A place in a conversation's one order. */
export type Position = Pick<Change["message"], "conversationId" | "seq">;

/** Two processes may publish what they committed crossed: so long the earlier is waited for before it is fetched. */
const CROSSING_MS = 50;
/** After a fetch that failed. */
const RETRY_MS = 500;
/** No answer waits longer for what comes before it: a fetch that a killed process held fits in, and the next. */
const PATIENCE_MS = 1_500;
/** How long what was read at the start of a feed is as good as reading it again. */
const RECENT_MS = 5_000;
/** What the start of a feed may hold up, where chat cannot be reached. */
const OPEN_MS = 500;

type Waiter = { seq: number; resolve(): void };
/** A conversation of which something is missing. */
type Gap = {
  /** What came before its turn, by `seq`. */
  early: Map<number, Change>;
  waiters: Set<Waiter>;
  timer?: NodeJS.Timeout;
  /** From the first fetch to the last page. */
  repair?: ReturnType<typeof missedSince>;
};
export type FeedDeps = {
  userId: string;
  call: Call;
  log: Logger;
  meter: Meter;
  deliver(change: Change): void;
  late(): void;
};

/**
 * What happens in a user's conversations, as their sockets here are to see it: each change once, in the order of its
 * conversation, without a hole. Changes come over the push bus, at most once and perhaps crossed; what is missing is
 * fetched from chat.
 */
export class Feed {
  /** Up to where each conversation was delivered; those that are not in it begin at 0. */
  #cursors: Map<string, number> | undefined;
  #gaps = new Map<string, Gap>();
  /** What came before the cursors were known. */
  #early: Change[] = [];
  #isClosed = false;
  #openedAt = 0;
  readonly #deps: FeedDeps;

  constructor(deps: FeedDeps) {
    this.#deps = deps;
  }

  /**
   * Begins where the conversations stand now, or at what was received already. To be called once `receive` hears of
   * every change. Where chat cannot be reached it resolves all the same, goes on trying, and says `late` when it has
   * begun: between the two, something may have been missed.
   */
  async open(isLate = false): Promise<void> {
    try {
      const cursors = await readCursors(this.#deps.call, this.#deps.userId, OPEN_MS);
      for (const { message } of this.#early) {
        const { conversationId, seq } = message;
        cursors.set(conversationId, Math.min(cursors.get(conversationId) ?? 0, seq - 1));
      }
      this.#cursors = cursors;
      this.#openedAt = performance.now();
    } catch (error) {
      this.#failed(error, () => void this.open(true));
      return;
    }
    if (isLate) this.#deps.late();
    for (const change of this.#early.splice(0)) this.receive(change);
    for (const [conversationId, gap] of this.#gaps) this.#settle(conversationId, gap);
  }

  /** Up to where each conversation was delivered, where that is all there was a moment ago. */
  get recent(): Map<string, number> | undefined {
    const isRecent = performance.now() - this.#openedAt < RECENT_MS && this.#gaps.size === 0;
    return isRecent && this.#cursors ? new Map(this.#cursors) : undefined;
  }

  receive(change: Change): void {
    if (!this.#cursors) return void this.#early.push(change);
    const { conversationId, seq } = change.message;
    const at = this.#at(conversationId);
    if (seq <= at) return;
    const known = this.#gaps.get(conversationId);
    if (seq === at + 1 && !known) return this.#advance(change); // as good as always
    if (planted("gateway.ignore-gaps")) return this.#advance(change);
    const gap = this.#gapOf(conversationId);
    gap.early.set(seq, change);
    this.#settle(conversationId, gap);
  }

  /** Learns how far a conversation is: what is missing up to there is fetched. */
  moved({ conversationId, seq }: Position): void {
    if (this.#isClosed || (this.#cursors && this.#at(conversationId) >= seq)) return;
    const gap = this.#gapOf(conversationId);
    gap.waiters.add({ seq, resolve() {} });
    this.#settle(conversationId, gap);
  }

  /** Resolves when all up to a position was delivered, at once as a rule; or after PATIENCE_MS, with false. */
  async reached({ conversationId, seq }: Position): Promise<boolean> {
    if (this.#isClosed || (this.#cursors && this.#at(conversationId) >= seq)) return true;
    const gap = this.#gapOf(conversationId);
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { seq, resolve };
    gap.waiters.add(waiter);
    const late = setTimeout(resolve, PATIENCE_MS);
    this.#settle(conversationId, gap);
    await promise;
    clearTimeout(late);
    gap.waiters.delete(waiter);
    return this.#isClosed || (this.#cursors !== undefined && this.#at(conversationId) >= seq);
  }

  /** Fetches all that was missed: after it is possible that changes were not received. @throws UNAVAILABLE */
  async catchUp(): Promise<void> {
    if (!this.#cursors || this.#isClosed) return; // not open yet: open() will read them
    for (const [conversationId, lastSeq] of await readCursors(this.#deps.call, this.#deps.userId)) {
      if (lastSeq <= this.#at(conversationId)) continue;
      const gap = this.#gapOf(conversationId);
      if (!gap.repair) await this.#fetch(conversationId, gap);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { timer, waiters } of this.#gaps.values()) {
      clearTimeout(timer);
      for (const { resolve } of waiters) resolve();
    }
    this.#gaps.clear();
  }

  #at(conversationId: string): number {
    return this.#cursors?.get(conversationId) ?? 0;
  }

  #gapOf(conversationId: string): Gap {
    const known = this.#gaps.get(conversationId);
    if (known) return known;
    const gap: Gap = { early: new Map(), waiters: new Set() };
    this.#gaps.set(conversationId, gap);
    return gap;
  }

  #advance(change: Change): void {
    this.#cursors?.set(change.message.conversationId, change.message.seq);
    this.#deps.deliver(change);
  }

  /** Delivers what has its turn; then closes the gap, or makes sure that what is missing is fetched. */
  #settle(conversationId: string, gap: Gap): void {
    if (!this.#cursors || gap.repair || this.#isClosed) return;
    for (let next; (next = gap.early.get(this.#at(conversationId) + 1));) this.#advance(next);
    const at = this.#at(conversationId);
    for (const seq of gap.early.keys()) if (seq <= at) gap.early.delete(seq);
    for (const waiter of gap.waiters) {
      if (waiter.seq > at) continue;
      waiter.resolve();
      gap.waiters.delete(waiter);
    }
    if (gap.early.size + gap.waiters.size > 0) return this.#fetchSoon(conversationId, gap);
    clearTimeout(gap.timer);
    this.#gaps.delete(conversationId);
  }

  #fetchSoon(conversationId: string, gap: Gap): void {
    gap.timer ??= setTimeout(() => void this.#fetch(conversationId, gap), CROSSING_MS).unref();
  }

  /** What arrives meanwhile waits: it may be older, or newer, than what the answer tells of the same message. */
  async #fetch(conversationId: string, gap: Gap): Promise<void> {
    clearTimeout(gap.timer);
    gap.timer = undefined;
    const { userId, call, deliver, meter } = this.#deps;
    gap.repair ??= missedSince(call, userId, conversationId, this.#at(conversationId));
    try {
      for (let complete = false; !complete && !this.#isClosed;) {
        const page = await gap.repair();
        complete = page.complete;
        if (this.#isClosed) return;
        meter.count("rewind.gateway.changes.fetched", {}, page.changes.length);
        for (const change of page.changes) deliver(change);
        this.#cursors?.set(conversationId, page.upTo);
      }
    } catch (error) {
      return this.#failed(error, () => void this.#fetch(conversationId, gap));
    }
    gap.repair = undefined;
    this.#settle(conversationId, gap);
  }

  #failed(error: unknown, again: () => void): void {
    if (this.#isClosed) return;
    this.#deps.log.warn({ err: error }, "what a user missed cannot be fetched yet");
    setTimeout(again, RETRY_MS).unref();
  }
}
