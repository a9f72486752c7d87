import { signal, type Signal } from "@preact/signals";
import type { Entry, Message, Page, RewindError } from "../../../sdk/src/index.ts";

export type SendEntry = Extract<Entry, { type: "send" }>;
/** A message that has no place in the chat yet: it waits, or was refused. */
export type Unsent = { entry: SendEntry; error?: RewindError };

/** What a row shows. */
export type Line = {
  state: "sent" | "pending" | "failed";
  isOwn: boolean;
  content: string;
  /** Milliseconds since 1970. */
  at: number;
  message?: Message;
  unsent?: Unsent;
};
/** A message stays the same row from its sending on: `key` tells. */
export type Row = { readonly key: string; readonly line: Signal<Line> };

/**
 * The messages of one chat: a range without gaps up to the newest, by rising `sent_seq`, and behind it what is not sent.
 * Of two versions of a message the one with the greater `seq` counts.
 */
export class Timeline {
  /** Changed in place; `version` rises with each change of what rows there are. */
  readonly rows: Row[] = [];
  readonly version = signal(0);
  /** Messages below this `sent_seq` are not here; 0 where all are, null where nothing was loaded. */
  floor: number | null = null;
  /** Rows that were ever put in front. */
  prepended = 0;
  /** Rises when all was thrown away. */
  epoch = 0;
  /** Where the unread ones began when it was opened. */
  readonly mark = signal<number | null>(null);
  readonly problem = signal<RewindError | null>(null);

  readonly #peerId: string;
  readonly #byId = new Map<string, Row>();
  /** How many rows, from the first, are sent. */
  #sent = 0;
  /** Changes that came while a page is on its way: it may be older than they are. */
  #held: Message[] | null = null;
  #turn = 0;

  constructor(peerId: string) {
    this.#peerId = peerId;
  }

  get isLoading(): boolean {
    return this.#held !== null;
  }
  /** The newest message that has a place. */
  get last(): Message | undefined {
    return this.#messageAt(this.#sent - 1);
  }
  /** The newest of one's own that can be edited. */
  lastOwn(isFree: (id: string) => boolean): Message | undefined {
    for (let index = this.#sent - 1; index >= 0; index -= 1) {
      const message = this.#messageAt(index);
      if (message && message.user_id !== this.#peerId && !message.deleted && isFree(message.id))
        return message;
    }
    return undefined;
  }
  /** The first row of what was unread when it was opened; -1 where that is not here. */
  get markedRow(): number {
    const mark = this.mark.peek();
    if (mark === null) return -1;
    const isNew = (index: number) => (this.#messageAt(index)?.sent_seq ?? 0) > mark;
    let index = this.#sent;
    while (index > 0 && isNew(index - 1)) index -= 1;
    return index < this.#sent && (index > 0 || this.floor === 0) ? index : -1;
  }

  /** There is no chat yet, and nothing to load. */
  beginEmpty(): void {
    this.floor ??= 0;
    this.version.value += 1;
  }

  /** Asks `load` for a page, and takes it unless another loading has begun since. */
  async load(load: () => Promise<Page>, isOlder: boolean): Promise<void> {
    const turn = (this.#turn += 1);
    this.#held ??= [];
    this.problem.value = null;
    if (!isOlder) this.version.value += 1;
    try {
      const page = await load();
      if (turn === this.#turn) this.#takePage(page, isOlder);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#held = null;
      this.problem.value = error as RewindError;
      this.version.value += 1;
    }
  }

  take(message: Message): void {
    this.#held?.push(message);
    const row = this.#byId.get(message.id);
    if (row) return this.#renew(row, message);
    if (this.floor === null || message.sent_seq < this.floor || message.deleted) return;
    this.#insert(message);
    this.version.value += 1;
  }

  setUnsent(unsent: readonly Unsent[]): void {
    const old = new Map(this.rows.slice(this.#sent).map((row) => [row.key, row]));
    if (unsent.length === 0 && old.size === 0) return;
    this.rows.length = this.#sent;
    for (const it of unsent) {
      const key = keyOf(it.entry);
      const row = old.get(key);
      if (row?.line.peek().unsent?.error === it.error && row) this.rows.push(row);
      else this.rows.push({ key, line: signal(unsentLine(it)) });
    }
    this.version.value += 1;
  }

  #takePage({ messages, before }: Page, isOlder: boolean): void {
    const held = this.#held ?? [];
    this.#held = null;
    this.floor = before ?? 0;
    if (isOlder) this.#prepend(messages);
    else this.#replace(messages);
    for (const message of held) this.take(message);
    this.version.value += 1;
  }

  #prepend(messages: readonly Message[]): void {
    const rows = messages.filter(({ id }) => !this.#byId.has(id)).map((message) => this.#rowOf(message));
    this.rows.unshift(...rows);
    this.#sent += rows.length;
    this.prepended += rows.length;
  }

  #replace(messages: readonly Message[]): void {
    const unsent = this.rows.slice(this.#sent);
    this.#byId.clear();
    const rows = messages.map((message) => this.#rowOf(message));
    this.rows.length = 0;
    this.rows.push(...rows, ...unsent);
    this.#sent = rows.length;
    this.epoch += 1;
  }

  #insert(message: Message): void {
    let index = this.#sent;
    while (index > 0 && (this.#messageAt(index - 1)?.sent_seq ?? 0) > message.sent_seq) index -= 1;
    this.rows.splice(index, 0, this.#rowOf(message));
    this.#sent += 1;
  }

  #renew(row: Row, message: Message): void {
    const { line } = row;
    if (message.seq > (line.peek().message?.seq ?? 0)) line.value = this.#lineOf(message);
  }

  #rowOf(message: Message): Row {
    const row = { key: keyOf(message), line: signal(this.#lineOf(message)) };
    this.#byId.set(message.id, row);
    return row;
  }

  #lineOf(message: Message): Line {
    const { user_id, content, created_at } = message;
    return { state: "sent", isOwn: user_id !== this.#peerId, content, at: Date.parse(created_at), message };
  }

  #messageAt(index: number): Message | undefined {
    return this.rows[index]?.line.peek().message;
  }
}

/** One's own messages carry the nonce that they waited with. */
const keyOf = ({ nonce, id }: { nonce: string | null; id?: string }) => (nonce ? `n${nonce}` : `m${id}`);

const unsentLine = (unsent: Unsent): Line => ({
  state: unsent.error ? "failed" : "pending",
  isOwn: true,
  content: unsent.entry.content,
  at: unsent.entry.at,
  unsent,
});
