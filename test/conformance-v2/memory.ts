import type { Person } from "../support/people.ts";
import {
  history,
  signedIn,
  type Change,
  type Cursors,
  type Device,
  type Frame,
  type Message,
} from "./device.ts";

/**
 * What a client keeps, as the document says: a cursor for each chat, and the messages that it was told of. It notes
 * where a server breaks the order of a chat, or fails.
 */
export class Memory {
  readonly problems: string[] = [];
  /** How many chats were thrown away. */
  reloads = 0;
  readonly #cursors = new Map<string, number>();
  readonly #messages = new Map<string, Message>();
  /** Chats that were thrown away and are not loaded yet. */
  readonly #reloading = new Set<string>();
  /** The greatest `seq` of each chat on this socket. */
  #last = new Map<string, number>();
  /** What was missed has come. */
  #isLive = false;

  get cursors(): Cursors {
    return Object.fromEntries(this.#cursors.entries().filter(([chat_id]) => !this.#reloading.has(chat_id)));
  }

  /** The messages of a chat that are not deleted, by rising `sent_seq`. */
  history(chat_id: string): Message[] {
    return [...this.#messages.values()]
      .filter((message) => message.chat_id === chat_id && !message.deleted)
      .toSorted((one, other) => one.sent_seq - other.sent_seq);
  }

  /** A new socket begins. */
  connected(): void {
    this.#last = new Map();
    this.#isLive = false;
    for (const chat_id of this.#reloading) this.#cursors.delete(chat_id);
  }

  /** To be called with every frame, in the order of arrival. */
  hear(frame: Frame): void {
    if (frame.type === "chat") this.#take(frame.payload);
    else if (frame.type === "sync") this.#synced(frame.payload.reload);
    else if (frame.type === "error") this.problems.push(JSON.stringify(frame));
  }

  /** Loads a chat from its end, one that was thrown away. */
  async load(device: Device, chat_id: string): Promise<void> {
    const lastSeq = await lastSeqOf(device, chat_id);
    if (!this.#cursors.has(chat_id)) this.#cursors.set(chat_id, lastSeq);
    for (const message of await history(device, chat_id)) this.#keep(message);
    this.#reloading.delete(chat_id);
  }

  #synced(reload: string[]): void {
    this.#isLive = true;
    this.#reloading.clear();
    this.reloads += reload.length;
    for (const chat_id of reload) {
      this.#reloading.add(chat_id);
      this.#cursors.delete(chat_id);
      for (const message of this.#messages.values())
        if (message.chat_id === chat_id) this.#messages.delete(message.id);
    }
  }

  #take({ type, message }: Change): void {
    const { chat_id, seq } = message;
    const last = this.#last.get(chat_id) ?? 0;
    if (!this.#isLive && seq <= last) this.problems.push(`${seq} after ${last} in the sync of ${chat_id}`);
    this.#last.set(chat_id, Math.max(seq, last));
    const cursor = this.#cursors.get(chat_id);
    if (seq <= (cursor ?? 0)) return;
    const isExact = this.#isLive && (cursor !== undefined || !this.#reloading.has(chat_id));
    if (isExact && seq !== (cursor ?? 0) + 1)
      this.problems.push(`a hole: ${type} ${seq} after ${cursor} in ${chat_id}`);
    this.#cursors.set(chat_id, seq);
    this.#keep(message);
  }

  #keep(message: Message): void {
    const known = this.#messages.get(message.id);
    if (!known || known.seq < message.seq) this.#messages.set(message.id, message);
  }
}

const lastSeqOf = async (device: Device, chat_id: string): Promise<number> => {
  for (let before: string | undefined; ;) {
    const page = await device.chats(before);
    const row = page.chats.find((chat) => chat.chat_id === chat_id);
    if (row) return row.last_seq;
    if (page.before === null) throw new Error(`${chat_id} is to be loaded, and not among the chats`);
    ({ before } = page);
  }
};

/** Comes online where a memory left off; the memory has what was missed, and gets what happens. */
export const follow = async (url: string, person: Pick<Person, "token">, memory: Memory): Promise<Device> => {
  const device = await signedIn(url, person);
  memory.connected();
  device.listen((frame) => memory.hear(frame));
  const { reload } = await device.sync(memory.cursors);
  for (const chat_id of reload) await memory.load(device, chat_id);
  return device;
};
