import type { Device, Event, Write } from "./events.ts";
import type { Room, Row } from "./store.ts";
import type { Violate } from "./violations.ts";

type Outcome = { kind: "ok"; id: string; seq: number } | { kind: "fail" } | { kind: "unknown" };
type Begun = { device: Device; write: Write; outcome?: Outcome };
/** How many changes of a conversation there are by what was answered: at least, and at most. */
type Count = { sure: number; unsure: number; open: number };

/** What was asked to be done, and what became of it. */
export class Writes {
  readonly #violate: Violate;
  readonly #begun = new Map<string, Begun>();
  #open = 0;
  /** By content, and by the id of the message that they were answered with. */
  readonly #sends = new Map<string, Begun>();
  readonly #acked = new Map<string, Begun>();
  /** The last change that was asked of a message. */
  readonly #last = new Map<string, Begun>();
  /** Since they were last checked. */
  #fresh: Begun[] = [];
  readonly #rowOf = new Map<string, string>();
  /** Edits and deletions, by pair. */
  readonly #counts = new Map<string, Count>();

  constructor(violate: Violate) {
    this.#violate = violate;
  }

  take(device: Device, event: Event): void {
    if (event.kind === "invoke") return this.#invoke(device, event.write);
    if (event.kind !== "ok" && event.kind !== "fail" && event.kind !== "unknown") return;
    const begun = this.#begun.get(event.op);
    if (!begun) throw new Error(`${event.op} was never begun`);
    const { kind } = event;
    begun.outcome = kind === "ok" ? { kind, id: event.message.id, seq: event.message.seq } : { kind };
    this.#fresh.push(begun);
    const { write } = begun;
    this.#open -= 1;
    if (kind === "ok") this.#last.set(event.message.id, begun);
    if (write.type === "send") return void (kind === "ok" && this.#acked.set(event.message.id, begun));
    const count = this.#count(write.pair);
    count.open -= 1;
    if (kind === "ok") count.sure += 1;
    if (kind === "unknown") count.unsure += 1;
  }

  /** Whether anything has no outcome yet. */
  get isSettled(): boolean {
    return this.#open === 0;
  }

  /** Checks the outcomes since the last time; with `all`, every one there was. `rows` is the whole store by id. */
  check(rows: Map<string, Row>, all: boolean): void {
    for (const begun of all ? this.#begun.values() : this.#fresh) this.#checkOne(begun, rows);
    this.#fresh = [];
  }

  /** Whose write a row is, and that it is the only one of it. */
  claim(row: Row): void {
    const begun = this.#begun.get(row.nonce) ?? this.#sends.get(row.content) ?? this.#acked.get(row.id);
    const what = `message ${row.id} of ${row.author}, "${row.content}"`;
    if (!begun || begun.device.user !== row.author)
      return this.#violate("phantom", `${what}: nobody sent it`);
    const { op } = begun.write;
    const other = this.#rowOf.get(op);
    if (other !== undefined && other !== row.id)
      this.#violate("twice", `${what}: ${op} is stored as ${other} too`);
    this.#rowOf.set(op, row.id);
    if (begun.device.protocol === "v2" && row.nonce !== op)
      this.#violate("nonce", `${what}: it has not its author's nonce, ${op}`);
  }

  /** Each change takes one position, be it asked for once or many times. */
  checkCount({ id, pair, lastSeq }: Room, messages: number): void {
    const { sure, unsure, open } = this.#count(pair);
    const most = sure + unsure + open;
    const what = `${id} has ${lastSeq} positions for ${messages} messages and ${sure} to ${most} changes`;
    if (lastSeq < messages + sure) this.#violate("hole", what);
    if (lastSeq > messages + most) this.#violate("twice", what);
  }

  #invoke(device: Device, write: Write): void {
    const begun = { device, write };
    this.#begun.set(write.op, begun);
    this.#open += 1;
    if (write.type === "send") return void this.#sends.set(write.content, begun);
    this.#count(write.pair).open += 1;
    if (write.id !== undefined) this.#last.set(write.id, begun);
  }

  #count(pair: string): Count {
    const known = this.#counts.get(pair) ?? { sure: 0, unsure: 0, open: 0 };
    this.#counts.set(pair, known);
    return known;
  }

  #checkOne(begun: Begun, rows: Map<string, Row>): void {
    const { outcome } = begun;
    if (outcome?.kind === "fail" && this.#isDone(begun, rows))
      this.#violate("not-done", `${nameOf(begun)} was refused, and done`);
    if (outcome?.kind === "ok") this.#checkAcked(begun, outcome, rows.get(outcome.id));
  }

  #isDone({ write: { op, type, id, content } }: Begun, rows: Map<string, Row>): boolean {
    if (type === "send") return this.#rowOf.has(op);
    return type === "edit" && id !== undefined && rows.get(id)?.content === content;
  }

  #checkAcked(begun: Begun, { id, seq }: { id: string; seq: number }, row: Row | undefined): void {
    const { op, type, content } = begun.write;
    const what = `${nameOf(begun)} was acknowledged at ${seq} as ${id}`;
    if (!row) return this.#violate("lost", `${what}: there is no such message`);
    if (row.seq < seq) this.#violate("lost", `${what}: the message is as of ${row.seq}`);
    const isLast = this.#last.get(id)?.write.op === op;
    const isAsAsked = type === "delete" ? row.isDeleted : row.content === content;
    if (isLast && !isAsAsked) this.#violate("lost", `${what}: the message is "${row.content}"`);
  }
}

const nameOf = ({ device, write }: Begun) => `${write.op} (${write.type}) of ${device.user}`;
