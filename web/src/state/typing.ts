import { signal } from "@preact/signals";
import type { Typing as Word } from "../../../sdk/src/index.ts";

/** The chats in which somebody else types. */
export class Typing {
  readonly chats = signal<ReadonlySet<string>>(new Set());
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  heard({ chat_id, expires_in_ms }: Word): void {
    clearTimeout(this.#timers.get(chat_id));
    this.#timers.set(
      chat_id,
      setTimeout(() => this.ended(chat_id), expires_in_ms),
    );
    if (!this.chats.peek().has(chat_id)) this.chats.value = new Set(this.chats.peek()).add(chat_id);
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  /** It has, or what was typed has come. */
  ended(chatId: string): void {
    if (!this.#timers.has(chatId)) return;
    clearTimeout(this.#timers.get(chatId));
    this.#timers.delete(chatId);
    this.chats.value = new Set([...this.chats.peek()].filter((id) => id !== chatId));
  }
}
