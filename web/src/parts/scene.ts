import { signal, type Signal } from "@preact/signals";
import type { Message, Target, User } from "../../../sdk/src/index.ts";
import type { Timeline } from "../state/timeline.ts";
import type { Store } from "../store.ts";
import { hasKeyboard } from "./keys.ts";

export type Editing = { message: Message; text: string };

/** A conversation on the screen: what its parts share. It stays the same object for as long as it is shown. */
export class Scene {
  readonly store: Store;
  readonly peer: User;
  readonly timeline: Timeline;
  readonly editing: Signal<Editing | null> = signal(null);
  readonly deleting: Signal<Message | null> = signal(null);
  /** Whether the newest message is in sight, and stays so when another comes. */
  readonly isAtEnd = signal(true);
  /** Brings the focus back to where one writes. */
  focusComposer: () => void = () => {};
  focusHeading: () => void = () => {};

  constructor(store: Store, peer: User) {
    this.store = store;
    this.peer = peer;
    this.timeline = store.timelines.of(peer.id);
    store.timelines.markUnread(peer.id);
  }

  get chatId(): string | undefined {
    return this.store.chats.withPeer(this.peer.id)?.chat_id;
  }

  send(content: string): void {
    const { chatId } = this;
    const target: Target = chatId === undefined ? { user_id: this.peer.id } : { chat_id: chatId };
    this.isAtEnd.value = true;
    this.timeline.mark.value = null; // who answers has read
    this.store.outgoing.send(target, content);
  }

  edit(message: Message): void {
    this.editing.value = { message, text: message.content };
  }
  /** The last that no change of is on its way. Whether there is one. */
  editLast(): boolean {
    const { value: revisions } = this.store.outgoing.revisions;
    const lastOwn = this.timeline.lastOwn((id) => !revisions.has(id));
    if (lastOwn) this.edit(lastOwn);
    return lastOwn !== undefined;
  }
  remove(message: Message): void {
    if (this.editing.peek()?.message.id === message.id) this.editing.value = null;
    this.store.outgoing.remove(message);
  }
  /** After what had the focus has gone. */
  takeFocus(): void {
    if (hasKeyboard()) this.focusComposer();
    else this.focusHeading();
  }
  stopEditing(): void {
    this.editing.value = null;
    this.focusComposer();
  }
}
