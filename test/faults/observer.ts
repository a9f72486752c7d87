import type { Device, Event, Seen, Via } from "./events.ts";
import type { Room, Row } from "./store.ts";
import type { Kind, Violate } from "./violations.ts";

type Known = {
  seq: number;
  content: string;
  isDeleted: boolean;
  createdAt: string;
  /** It is history that was asked for: it may be told of as new yet. */
  isLoaded?: boolean;
};
/** What a device knows of a conversation. */
type View = {
  /** v2: the greatest `seq` it was given. */
  cursor: number;
  /** It asked to be told from here on. */
  from: number;
  /** It was told to throw away what is older, by `createdAt`. */
  since: string;
  known: Map<string, Known>;
  /** What is being loaded. */
  loading?: Set<string>;
  /** v1: since the conversation was last settled, what it was told while live, and on which socket. */
  trail: Map<string, { life: number; id: string; content: string; isReply: boolean }>;
  /** Messages that it was given since then. */
  given: Set<string>;
  /** v2: changes that came behind their successors, and that its rule makes it drop. */
  dropped: Set<string>;
};

const fresh = (): View => ({
  ...{ cursor: 0, from: 0, since: "", known: new Map() },
  ...{ trail: new Map(), given: new Set(), dropped: new Set() },
});

/** Where each change stands, by message and content: for v1, which does not say. */
export type Places = Map<string, number>;
export const placeKey = (id: string, content: string) => `${id} ${content}`;

/** One device's view of its conversations, built of what it was given and nothing else. */
export class Observer {
  readonly device: Device;
  readonly #violate: Violate;
  readonly #views = new Map<string, View>();
  #life = 0;

  constructor(device: Device, violate: Violate) {
    this.device = device;
    this.#violate = violate;
  }

  take(event: Event): void {
    switch (event.kind) {
      case "down":
        this.#life += 1;
        return;
      case "begin":
        Object.assign(this.#view(event.chat), { cursor: event.seq, from: event.seq });
        return;
      case "cursor":
        this.#view(event.chat).cursor = event.seq;
        return;
      case "loading":
        return this.#load(this.#view(event.chat), event.throwAway);
      case "loaded":
        return this.#loaded(this.#view(event.chat), event.since);
      case "notice":
        return this.#noticed(event.chat, event.type);
      case "receive":
        return this.#receive(event.message, event.via);
      default:
    }
  }

  /** What it was told of, by conversation. */
  get chats(): string[] {
    return [...this.#views.keys()];
  }

  /** The messages of a conversation that it was given lately; they are forgotten by this. */
  given(chat: string): string[] {
    const view = this.#view(chat);
    const ids = [...view.given];
    view.given.clear();
    return ids;
  }

  /** What is wrong with its view of a message, or undefined. */
  wrong(room: Room, row: Row): { kind: Kind; what: string } | undefined {
    const view = this.#view(this.#key(room));
    const known = view.known.get(row.id);
    const isOutside = row.seq <= view.from || (!known && stamp(row.createdAt) < view.since);
    if (isOutside || isRight(known, row, this.device.protocol === "v2")) return undefined;
    const what = `${this.device.name}: message ${row.id} at ${row.seq} of ${room.id}`;
    if (view.dropped.has(row.id)) return { kind: "order", what: `${what} came behind its successor` };
    if (!known) return { kind: "missing", what: `${what} never came` };
    return { kind: "stale", what: `${what} is known as of ${known.seq}: "${known.content}"` };
  }

  /**
   * Checks v1's order by where each change stands: of what is pushed, as an answer does not wait for ever for what comes
   * before it. Forgets how it came to what is settled now. */
  settle(room: Room, places: Places): void {
    const view = this.#view(this.#key(room));
    const last = new Map<number, number>();
    for (const { life, id, content, isReply } of view.trail.values()) {
      const seq = places.get(placeKey(id, content));
      if (seq === undefined || isReply) continue;
      if (seq < (last.get(life) ?? 0))
        this.#violate("order", `${this.device.name}: ${seq} of ${room.id} came after ${last.get(life)}`);
      last.set(life, seq);
    }
    view.trail.clear();
    view.dropped.clear();
  }

  #key = (room: Room) => (this.device.protocol === "v2" ? room.id : room.pair);

  #view(chat: string): View {
    const known = this.#views.get(chat);
    if (known) return known;
    const view = fresh();
    this.#views.set(chat, view);
    return view;
  }

  #noticed(chat: string, what: string): void {
    if (this.device.isStranger) this.#violate("leak", `${this.device.name} was told of ${what} in ${chat}`);
    else this.#view(chat);
  }

  #receive(message: Seen, via: Via): void {
    const { name, isStranger, protocol } = this.device;
    if (isStranger) this.#violate("leak", `${name} was given message ${message.id}`);
    const view = this.#view(message.chat);
    view.given.add(message.id);
    if (protocol === "v2") this.#receiveV2(view, message, via);
    else this.#receiveV1(view, message, via);
  }

  #receiveV2(view: View, message: Seen, via: Via): void {
    const { id, seq, change } = message;
    const known = view.known.get(id);
    if (via === "load") return this.#loadedOne(view, message);
    if (seq <= view.cursor) {
      if (seq > view.from && (known?.seq ?? 0) < seq) view.dropped.add(id);
      return;
    }
    const where = `${this.device.name}: message ${id} at ${seq} of ${message.chat}`;
    if (change === "send" && known && !known.isLoaded)
      this.#violate("twice", `${where} came as new once more`);
    view.cursor = seq;
    view.known.set(id, knownOf(message));
    view.loading?.add(id);
  }

  /** Moves no cursor. */
  #loadedOne(view: View, message: Seen): void {
    const { id, seq } = message;
    view.loading?.add(id);
    if ((view.known.get(id)?.seq ?? 0) < seq) view.known.set(id, { ...knownOf(message), isLoaded: true });
  }

  #receiveV1(view: View, message: Seen, via: Via): void {
    const { id, content, author, chat } = message;
    const { name } = this.device;
    if (!chat.split("-").includes(author))
      this.#violate("leak", `${name} was given message ${id} of ${author}, who is not of ${chat}`);
    view.known.set(id, knownOf(message));
    view.loading?.add(id);
    if (via === "load") return;
    const life = this.#life;
    const step = `${life} ${placeKey(id, content)}`;
    if (view.trail.has(step))
      this.#violate("twice", `${name}: message ${id} of ${chat} came twice: "${content}"`);
    view.trail.set(step, { life, id, content, isReply: via === "reply" });
  }

  #load(view: View, throwAway: boolean): void {
    view.loading = new Set();
    if (throwAway) Object.assign(view, { known: new Map(), cursor: 0, from: 0 });
  }

  /** History has no deleted messages: what is not in it is gone. */
  #loaded(view: View, since: string): void {
    for (const [id, known] of view.known)
      if (known.createdAt >= since && !view.loading?.has(id)) known.isDeleted = true;
    view.loading = undefined;
    if (this.device.protocol === "v2") view.since = since;
  }
}

const knownOf = ({ seq, content, change, createdAt }: Seen): Known => ({
  ...{ seq, content, createdAt, isDeleted: change === "delete" },
});

/** Whoever never saw a deleted message misses nothing. */
function isRight(known: Known | undefined, row: Row, saysSeq: boolean): boolean {
  if (row.isDeleted) return !known || known.isDeleted;
  if (!known || known.isDeleted || known.content !== row.content) return false;
  return !saysSeq || known.seq === row.seq;
}

const stamp = (micros: number) =>
  `${new Date(Math.floor(micros / 1000)).toISOString().slice(0, 23)}${String(micros % 1000).padStart(3, "0")}Z`;
