import type { Device, Event, Seen } from "./events.ts";
import { Observer, placeKey, type Places } from "./observer.ts";
import type { Room, Row, Store } from "./store.ts";
import type { Kind, Violation } from "./violations.ts";
import { Writes } from "./writes.ts";

/** So many of a kind are told in words at a time; the others are counted. */
const TOLD = 5;

/**
 * Verifies the delivery contract from outside: of the clients' logs and the rows of the store it is given everything, of
 * the system that made them it knows nothing. It is told events as they happen, and looks at the store at rest.
 */
export class Checker {
  readonly #told: Violation[] = [];
  readonly counts = new Map<Kind, number>();
  readonly #observers = new Map<string, Observer>();
  readonly #writes = new Writes((kind, what) => this.violate(kind, what));
  /** The store as it was seen last. */
  readonly #rows = new Map<string, Row>();
  readonly #messagesIn = new Map<string, number>();
  readonly #nonces = new Map<string, string>();
  /** What stands at each position, by who saw it first. */
  readonly #changes = new Map<string, string>();
  #places: Places = new Map();
  /** Up to where each conversation was verified. */
  readonly verified = new Map<string, number>();

  constructor(devices: Device[]) {
    for (const device of devices)
      this.#observers.set(device.name, new Observer(device, (kind, what) => this.violate(kind, what)));
  }

  violate(kind: Kind, what: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    if (this.#told.filter((it) => it.kind === kind).length < TOLD) this.#told.push({ kind, what });
  }

  /** Examples of what was found since the last time. */
  tell(): Violation[] {
    return this.#told.splice(0);
  }

  /** Whether all that was begun has an outcome. */
  get isSettled(): boolean {
    return this.#writes.isSettled;
  }

  /** All violations, those that are not told in words too. */
  get total(): number {
    return this.counts.values().reduce((sum, count) => sum + count, 0);
  }

  take(event: Event): void {
    const observer = this.#observers.get(event.client);
    if (!observer) return;
    observer.take(event);
    this.#writes.take(observer.device, event);
    if (event.kind === "receive" || event.kind === "ok") this.#agree(event.client, event.message);
  }

  /** In what the devices differ from the store, which is at rest. Empty when all have healed. */
  behind(store: Store): Violation[] {
    const found: Violation[] = [];
    const rooms = new Map(store.rooms.map((room) => [room.id, room]));
    for (const row of store.rows) {
      const room = rooms.get(row.room);
      if (!room) continue;
      for (const observer of this.#members(room)) {
        const wrong = observer.wrong(room, row);
        if (wrong) found.push(wrong);
      }
    }
    return found;
  }

  /** Verifies everything up to now. `store` is at rest, and has all that changed since the last time. */
  settle(store: Store): void {
    for (const { kind, what } of this.behind(store)) this.violate(kind, what);
    for (const row of store.rows) this.#keep(row);
    const rooms = new Map(store.rooms.map((room) => [room.id, room]));
    for (const room of store.rooms) this.#settleRoom(room, store.rows);
    this.#writes.check(this.#rows, false);
    for (const observer of this.#observers.values()) this.#checkOwn(observer, store.rooms, rooms);
    this.#places = new Map();
  }

  /** Verifies the whole store once more: what was verified before must be there still. */
  finish(store: Store): void {
    this.settle(store);
    const rows = new Map(store.rows.map((row) => [row.id, row]));
    for (const id of this.#rows.keys()) if (!rows.has(id)) this.violate("lost", `message ${id} is gone`);
    this.#writes.check(rows, true);
  }

  #members = (room: Room) =>
    this.#observers.values().filter(({ device }) => room.members.includes(device.user));

  #keep(row: Row): void {
    if (!this.#rows.has(row.id)) {
      this.#messagesIn.set(row.room, (this.#messagesIn.get(row.room) ?? 0) + 1);
      const name = `${row.author} ${row.nonce}`;
      const other = this.#nonces.get(name);
      if (other !== undefined) this.violate("nonce", `nonce ${row.nonce} is of ${other} and ${row.id}`);
      this.#nonces.set(name, row.id);
    }
    this.#rows.set(row.id, row);
    this.#writes.claim(row);
    this.#places.set(placeKey(row.id, row.content), row.seq);
  }

  #settleRoom(room: Room, changed: Row[]): void {
    const rows = changed.filter((row) => row.room === room.id).toSorted((a, b) => a.sentSeq - b.sentSeq);
    this.#checkOrder(room, rows);
    this.#writes.checkCount(room, this.#messagesIn.get(room.id) ?? 0);
    for (const observer of this.#members(room)) observer.settle(room, this.#places);
    this.verified.set(room.id, room.lastSeq);
  }

  /** Ids and times rise with the positions of sends; no position is of two changes. */
  #checkOrder(room: Room, rows: Row[]): void {
    const taken = new Map<number, string>();
    let before: Row | undefined;
    for (const row of rows) {
      for (const seq of new Set([row.sentSeq, row.seq])) {
        const other = taken.get(seq);
        if (other !== undefined || seq > room.lastSeq || seq < 1)
          this.violate(
            "order",
            `position ${seq} of ${room.id} is of ${row.id}, and ${other ?? "beyond the last"}`,
          );
        taken.set(seq, row.id);
      }
      const rises = !before || (BigInt(row.id) > BigInt(before.id) && row.createdAt > before.createdAt);
      if (!rises) this.violate("order", `message ${row.id} of ${room.id} is not above ${before?.id}`);
      before = row;
    }
  }

  /** What somebody was given is theirs, and is there. */
  #checkOwn(observer: Observer, rooms: Room[], byId: Map<string, Room>): void {
    const { name, user, protocol } = observer.device;
    for (const chat of observer.chats) {
      const room = protocol === "v2" ? byId.get(chat) : rooms.find(({ pair }) => pair === chat);
      const isTheirs = room
        ? room.members.includes(user)
        : protocol === "v1" && chat.split("-").includes(user);
      if (!isTheirs) this.violate("leak", `${name} was told of ${chat}, of which they are no member`);
      for (const id of observer.given(chat))
        if (!this.#rows.has(id)) this.violate("phantom", `${name} was given message ${id}: there is none`);
    }
  }

  /** Whoever is told of a position is told the same. */
  #agree(client: string, { chat, seq, id, content, change }: Seen): void {
    if (seq === 0) return;
    this.#places.set(placeKey(id, change === "delete" ? "" : content), seq);
    const position = `${chat} ${seq}`;
    const said = `${id} ${content}`;
    const first = this.#changes.get(position);
    if (first === undefined) this.#changes.set(position, said);
    else if (first !== said)
      this.violate("order", `${client} was told ${said} at ${position}, others ${first}`);
  }
}
