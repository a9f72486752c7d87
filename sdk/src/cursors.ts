import type { Change, Chat, Cursors } from "./types.ts";

/** How far each chat was told. */
export class CursorBook {
  readonly #seqs = new Map<string, number>();
  /** What is to be thrown away and has no cursor yet that it could begin anew from. */
  readonly #lost = new Set<string>();

  constructor(cursors: Cursors = {}) {
    for (const [chat, seq] of Object.entries(cursors)) this.#seqs.set(chat, seq);
  }

  get all(): Cursors {
    return Object.fromEntries(this.#seqs);
  }
  get lost(): string[] {
    return [...this.#lost];
  }

  /** Whether the change is new; from then on it is not. */
  take({ message: { chat_id, seq } }: Change): boolean {
    if (seq <= (this.#seqs.get(chat_id) ?? 0)) return false;
    this.#seqs.set(chat_id, seq);
    return true;
  }

  /** Too much was missed of these. */
  lose(chats: readonly string[]): void {
    for (const chat of chats) {
      this.#lost.add(chat);
      this.#seqs.delete(chat);
    }
  }
  /** Nothing is known any more. */
  loseAll(): void {
    this.lose([...this.#seqs.keys()]);
  }

  /** Where chats begin that have no cursor. */
  begin(chats: readonly Chat[]): void {
    for (const { chat_id, last_seq } of chats)
      if (!this.#seqs.has(chat_id)) this.#seqs.set(chat_id, last_seq);
  }
  found(chat: string): void {
    this.#lost.delete(chat);
  }
}
