import { backoff } from "./backoff.ts";
import { asError, closed, isError, type RewindError } from "./errors.ts";
import { Keeper } from "./storage.ts";
import type { Change, Chat, Entry, Message, OutboxStorage } from "./types.ts";

/** Says a write; rejects with the server's error, or DISCONNECTED. */
export type Say = (entry: Entry) => Promise<Change>;
type Hooks = { changed(): void; failed(error: RewindError): void };
type Kept = { entry: Entry; isBusy: boolean; answer?: PromiseWithResolvers<Message> };

/**
 * Writes that have no answer, in the order they were asked for. Each is said until there is one, with its nonce.
 *
 * Of a chat one is said at a time, and the next when it is answered: of several under way an earlier one could be
 * refused for the moment (busy, unavailable) and a later one done, and their order would be another. Chats do not
 * wait for each other.
 */
export class Outbox {
  readonly #kept = new Map<string, Kept>();
  readonly #hooks: Hooks;
  readonly #keeper: Keeper | undefined;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** The chats with users, by the user. */
  readonly #chats = new Map<string, string>();
  #say: Say | undefined;
  #isLoaded = false;
  #isClosed = false;

  constructor(storage: OutboxStorage | undefined, hooks: Hooks) {
    this.#hooks = hooks;
    this.#keeper = storage && new Keeper(storage);
    if (this.#keeper) void this.#load(this.#keeper);
    else this.#isLoaded = true;
  }

  get entries(): Entry[] {
    return [...this.#kept.values()].map(({ entry }) => entry);
  }

  /** Resolves with the message as it is after the write, or is now. */
  add(entry: Entry): Promise<Message> {
    if (this.#isClosed) return Promise.reject(closed());
    const answer = Promise.withResolvers<Message>();
    this.#kept.set(entry.nonce, { entry, isBusy: false, answer });
    this.#changed();
    this.#flush();
    return answer.promise;
  }

  /** There is a connection. */
  open(say: Say): void {
    this.#say = say;
    this.#flush();
  }
  /** There is none any more, and nothing that was said on it will be answered. */
  lost(): void {
    this.#say = undefined;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const kept of this.#kept.values()) kept.isBusy = false;
  }

  /** A message of one's own was told of, be it by a reply or by a push: what was waiting for it is done. */
  heard(message: Message): void {
    const kept = message.nonce === null ? undefined : this.#kept.get(message.nonce);
    if (kept?.entry.type === "send") this.#settle(kept, message);
  }

  /** Which chat is the one with whom. */
  met(chats: readonly Chat[]): void {
    for (const { chat_id, peer } of chats) this.#chats.set(peer.id, chat_id);
  }

  /** What is waiting is rejected. What is in the storage stays there. */
  close(): void {
    this.lost();
    this.#isClosed = true;
    for (const { entry, answer } of this.#kept.values()) {
      answer?.promise.catch(() => {}); // nobody need wait for what they have ended themselves
      answer?.reject(closed(this.#keeper || entry.tries > 0 ? "unknown" : "not_done"));
    }
  }

  async #load(keeper: Keeper): Promise<void> {
    try {
      const stored = (await keeper.load()).filter(({ nonce }) => !this.#kept.has(nonce));
      const later = [...this.#kept];
      this.#kept.clear(); // what was kept is older than what was asked for since
      for (const entry of stored) this.#kept.set(entry.nonce, { entry, isBusy: false });
      for (const [nonce, kept] of later) this.#kept.set(nonce, kept);
      if (stored.length > 0) this.#changed();
    } catch (error) {
      this.#hooks.failed(asError(error, "STORAGE"));
    }
    this.#isLoaded = true;
    this.#flush();
  }

  /** Says the first of each chat that is not under way. */
  #flush(): void {
    if (!this.#isLoaded || !this.#say) return;
    const seen = new Set<string>();
    for (const kept of [...this.#kept.values()]) {
      const lane = this.#laneOf(kept.entry);
      if (!seen.has(lane) && !kept.isBusy) void this.#write(kept, this.#say);
      seen.add(lane);
    }
  }

  #laneOf(entry: Entry): string {
    if (entry.chat_id !== undefined) return entry.chat_id;
    const { user_id = "" } = entry as { user_id?: string };
    return this.#chats.get(user_id) ?? `user ${user_id}`;
  }

  async #write(kept: Kept, say: Say): Promise<void> {
    kept.isBusy = true;
    kept.entry = { ...kept.entry, tries: kept.entry.tries + 1 };
    this.#hooks.changed();
    try {
      const { message } = await say(kept.entry);
      this.#settle(kept, message);
    } catch (error) {
      this.#refused(kept, asError(error, "FAILED"));
    }
  }

  #settle({ entry, answer }: Kept, message: Message): void {
    if (!this.#kept.delete(entry.nonce)) return;
    if (entry.type === "send" && entry.user_id !== undefined) this.#chats.set(entry.user_id, message.chat_id);
    this.#changed();
    answer?.resolve(message);
    this.#flush();
  }

  #refused(kept: Kept, error: RewindError): void {
    const { nonce, tries } = kept.entry;
    if (isError(error, "DISCONNECTED") || !this.#kept.has(nonce)) return;
    if (error.isPassing) return this.#later(kept, error.retryAfterMs ?? backoff(tries));
    this.#kept.delete(nonce);
    this.#changed();
    if (kept.answer) kept.answer.reject(error);
    else this.#hooks.failed(error);
    this.#flush();
  }

  #later(kept: Kept, ms: number): void {
    if (!this.#say) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      kept.isBusy = false;
      this.#flush();
    }, ms);
    this.#timers.add(timer);
  }

  #changed(): void {
    this.#keeper
      ?.save(() => this.entries)
      .catch((error: unknown) => this.#hooks.failed(asError(error, "STORAGE")));
    this.#hooks.changed();
  }
}
