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

  /**
   * All pages, or those that tell of each of `wanted`; what is shown meanwhile stays. Of those of which the past is
   * unknown (`isLost`) what the list says counts, or that it does not name them.
   */
  async load(isLost: (chatId: string) => boolean = () => false, wanted?: Iterable<string>): Promise<void> {
    const were = new Map([...this.#byId].map(([id, chat]) => [id, chat.peek()]));
    const gone = new Set(were.keys());
    const left = wanted && new Set(wanted);
    const isOutdated = (id: string) => isLost(id) && this.find(id) === were.get(id);
    for (let before: string | undefined; ;) {
      if (left?.size === 0) return;
      const page = await this.#client.chats(before);
      this.#list(page.chats, isOutdated);
      for (const { chat_id } of page.chats) [gone, left].forEach((ids) => ids?.delete(chat_id));
      if (page.before === null) break;
      ({ before } = page);
    }
    this.isComplete.value = true;
    this.#forget([...gone].filter(isOutdated));
  }

  /** Whose count may be too high: what one reads elsewhere is not told later. */
  get withUnread(): string[] {
    return [...this.#byId.keys()].filter((id) => (this.find(id)?.unread ?? 0) > 0);
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

  #list(chats: readonly Chat[], isOutdated: (chatId: string) => boolean): void {
    for (const chat of chats) {
      const { chat_id, last_seq, read_seq, unread } = chat;
      const known = this.#byId.get(chat_id);
      const was = known?.peek();
      this.#byPeer.set(chat.peer.id, chat_id);
      if (!known || !was) this.#byId.set(chat_id, signal(chat));
      else if ((last_seq >= was.last_seq && read_seq >= was.read_seq) || isOutdated(chat_id))
        known.value = chat;
      else this.read({ chat_id, seq: read_seq, unread });
    }
    this.#sort();
  }

  #forget(ids: readonly string[]): void {
    for (const id of ids) {
      this.#byPeer.delete(this.find(id)?.peer.id ?? "");
      this.#byId.delete(id);
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
  const newest = message.sent_seq >= last.sent_seq ? message : last;
  const most = newest.sent_seq - chat.read_seq; // a mark that came before may have counted it
  return {
    ...chat,
    last_seq: message.seq,
    last_message: newest,
    unread: Math.max(0, Math.min(most, chat.unread + (isUnread ? more : 0))),
  };
}
