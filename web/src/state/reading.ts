import type { Client } from "../../../sdk/src/index.ts";
import type { Chats } from "./chats.ts";

const EVERY_MS = 1_000;
/** After these there may be no later. */
const LEAVING = ["pagehide", "visibilitychange"];

/** Says how far one has read: at once, and then once a second at most. */
export class Reading {
  readonly #client: Client;
  readonly #chats: Chats;
  readonly #said = new Map<string, number>();
  readonly #due = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Client, chats: Chats) {
    this.#client = client;
    this.#chats = chats;
    for (const event of LEAVING) addEventListener(event, this.#sayNow);
  }

  /** All up to `seq` was on the screen. */
  seen(chatId: string, seq: number): void {
    const chat = this.#chats.find(chatId);
    if (!chat || seq <= (this.#said.get(chatId) ?? 0) || (seq <= chat.read_seq && chat.unread === 0)) return;
    this.#chats.read({ chat_id: chatId, seq, unread: 0 });
    this.#said.set(chatId, seq);
    this.#due.set(chatId, seq);
    if (this.#timer === undefined) this.#say();
  }

  stop(): void {
    for (const event of LEAVING) removeEventListener(event, this.#sayNow);
    clearTimeout(this.#timer);
  }

  readonly #sayNow = (): void => {
    clearTimeout(this.#timer);
    this.#say();
  };
  #say(): void {
    this.#timer = undefined;
    if (this.#due.size === 0) return;
    for (const [chatId, seq] of this.#due)
      this.#client.read(chatId, seq).catch(() => this.#said.delete(chatId));
    this.#due.clear();
    this.#timer = setTimeout(() => this.#say(), EVERY_MS);
  }
}
