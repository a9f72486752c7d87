import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { Change, Chat, Client, ReadMark, User } from "../../../sdk/src/index.ts";

/** One's chats, by their last message. */
export class Chats {
  /** Ids, the newest first. */
  readonly order = signal<readonly string[]>([]);
  /** Whether all pages are here. */
  readonly isComplete = signal(false);
  readonly unread = computed(() =>
    this.order.value.reduce((sum, id) => sum + (this.#byId.get(id)?.value.unread ?? 0), 0),
  );

  readonly #client: Client;
  readonly #byId = new Map<string, Signal<Chat>>();
  readonly #byPeer = new Map<string, string>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** All pages; what is shown meanwhile stays. */
  async load(): Promise<void> {
    for (let before: string | undefined; ;) {
      const page = await this.#client.chats(before);
      this.#list(page.chats);
      if (page.before === null) break;
      ({ before } = page);
    }
    this.isComplete.value = true;
  }

  /** Follows the chat, and whether there is one. */
  get(chatId: string): ReadonlySignal<Chat> | undefined {
    void this.order.value;
    return this.#byId.get(chatId);
  }
  find(chatId: string): Chat | undefined {
    return this.#byId.get(chatId)?.peek();
  }
  /** Follows whether there is one. */
  withPeer(userId: string): Chat | undefined {
    void this.order.value;
    return this.find(this.#byPeer.get(userId) ?? "");
  }

  /** Whether it is of a chat that is known. */
  take(change: Change): boolean {
    const { message } = change;
    const chat = this.#byId.get(message.chat_id);
    if (!chat) return false;
    const was = chat.peek();
    if (message.seq <= was.last_seq) return true;
    chat.value = changed(was, change);
    const isFirst = this.order.peek()[0] === message.chat_id;
    if (!isFirst && chat.peek().last_message.id !== was.last_message.id) this.#sort();
    return true;
  }

  read({ chat_id, seq, unread }: ReadMark): void {
    const chat = this.#byId.get(chat_id);
    if (!chat || seq < chat.peek().read_seq) return;
    const { last_message: last, peer } = chat.peek();
    const isMore = last.user_id === peer.id && !last.deleted && last.sent_seq > seq; // it came while this was said
    chat.value = { ...chat.peek(), read_seq: seq, unread: Math.max(unread, isMore ? 1 : 0) };
  }

  /** A user as they now are. */
  meet(user: User): void {
    const chat = this.#byId.get(this.#byPeer.get(user.id) ?? "");
    const peer = chat?.peek().peer;
    if (chat && (peer?.name !== user.name || peer.profile !== user.profile))
      chat.value = { ...chat.peek(), peer: user };
  }

  #list(chats: readonly Chat[]): void {
    for (const chat of chats) {
      const known = this.#byId.get(chat.chat_id);
      this.#byPeer.set(chat.peer.id, chat.chat_id);
      if (!known) this.#byId.set(chat.chat_id, signal(chat));
      else if (chat.last_seq >= known.peek().last_seq) known.value = chat;
    }
    this.#sort();
  }

  #sort(): void {
    const sentAt = (id: string) => this.find(id)?.last_message.created_at ?? "";
    const sorted = [...this.#byId.keys()].sort((a, b) => (sentAt(a) < sentAt(b) ? 1 : -1));
    const was = this.order.peek();
    if (sorted.length !== was.length || sorted.some((id, index) => id !== was[index]))
      this.order.value = sorted;
  }
}

function changed(chat: Chat, { type, message }: Change): Chat {
  const { last_message: last } = chat;
  const isUnread = message.user_id === chat.peer.id && message.sent_seq > chat.read_seq;
  const isKnown = message.sent_seq <= chat.last_seq; // else it was sent and deleted while we were away
  const more = type === "send" ? 1 : type === "delete" && isKnown ? -1 : 0;
  return {
    ...chat,
    last_seq: message.seq,
    last_message: message.sent_seq >= last.sent_seq ? message : last,
    unread: Math.max(0, chat.unread + (isUnread ? more : 0)),
  };
}
