import type { Client, Message } from "../../../sdk/src/index.ts";
import type { Chats } from "./chats.ts";
import type { Outgoing } from "./outgoing.ts";
import { Timeline } from "./timeline.ts";

const PAGE = 50;
const OLDER_PAGE = 100;

/** The timelines that were opened, by the peer: a conversation may begin before there is a chat. */
export class Timelines {
  readonly #client: Client;
  readonly #chats: Chats;
  readonly #outgoing: Outgoing;
  readonly #open = new Map<string, Timeline>();

  constructor(client: Client, chats: Chats, outgoing: Outgoing) {
    this.#client = client;
    this.#chats = chats;
    this.#outgoing = outgoing;
  }

  /** Of the conversation with a peer; it loads itself. */
  of(peerId: string): Timeline {
    const known = this.#open.get(peerId);
    if (known) return known;
    const timeline = new Timeline(peerId);
    this.#open.set(peerId, timeline);
    this.#load(peerId, timeline);
    timeline.setUnsent(this.#unsentTo(peerId));
    return timeline;
  }

  /** Before it is shown: what is unread now is marked as new. */
  markUnread(peerId: string): void {
    const chat = this.#chats.withPeer(peerId);
    this.of(peerId).mark.value = chat && chat.unread > 0 ? chat.read_seq : null;
  }

  take(message: Message): void {
    const peerId = this.#chats.find(message.chat_id)?.peer.id;
    if (peerId !== undefined) this.#open.get(peerId)?.take(message);
  }

  /** The first message to somebody was stored: it made the chat, which is not in the list yet. */
  takeFirst(peerId: string, message: Message): void {
    const timeline = this.#open.get(peerId);
    if (!this.#chats.withPeer(peerId)) timeline?.take(message);
  }

  /** Chats became known: what was opened before has something to load. */
  chatsChanged(): void {
    for (const [peerId, timeline] of this.#open)
      if (timeline.floor === null && !timeline.isLoading) this.#load(peerId, timeline);
  }

  unsentChanged(): void {
    for (const [peerId, timeline] of this.#open) timeline.setUnsent(this.#unsentTo(peerId));
  }

  older(peerId: string): void {
    const timeline = this.#open.get(peerId);
    const chat = this.#chats.withPeer(peerId);
    if (!timeline?.floor || timeline.isLoading || timeline.problem.peek() || !chat) return;
    const where = { before: timeline.floor, count: OLDER_PAGE };
    void timeline.load(() => this.#client.history(chat.chat_id, where), true);
  }

  /** What is here of a chat, or of all, is out of date. What is not on the screen is forgotten; whose is to be loaded. */
  outdated(shownPeerId: string | undefined, chatId?: string): string[] {
    const isMeant = (peerId: string) => !chatId || this.#chats.withPeer(peerId)?.chat_id === chatId;
    const peerIds = [...this.#open.keys()].filter(isMeant);
    for (const peerId of peerIds) if (peerId !== shownPeerId) this.#open.delete(peerId);
    return peerIds.filter((peerId) => peerId === shownPeerId);
  }
  loadAnew(peerId: string): void {
    const timeline = this.#open.get(peerId);
    if (timeline) this.#load(peerId, timeline);
  }

  retry(peerId: string): void {
    const timeline = this.of(peerId);
    const isOlder = timeline.floor !== null;
    timeline.problem.value = null;
    if (isOlder) this.older(peerId);
    else this.#load(peerId, timeline);
  }

  #load(peerId: string, timeline: Timeline): void {
    const chat = this.#chats.withPeer(peerId);
    if (chat) void timeline.load(() => this.#client.history(chat.chat_id, { count: PAGE }), false);
    else if (this.#chats.isComplete.peek()) timeline.beginEmpty();
  }

  #unsentTo(peerId: string) {
    const chatId = this.#chats.withPeer(peerId)?.chat_id;
    return this.#outgoing.unsent
      .peek()
      .filter(({ entry }) => entry.user_id === peerId || (chatId && entry.chat_id === chatId));
  }
}
