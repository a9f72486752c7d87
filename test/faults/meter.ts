import type { Device, Event } from "./events.ts";

type Open = { at: number; client: string };

/** Counts and times of what clients go through. */
export class Meter {
  acked = 0;
  failed = 0;
  unknown = 0;
  /** By clients that say things again. */
  failedAfterRetries = 0;
  readonly #protocols: Map<string, Device["protocol"]>;
  readonly #open = new Map<string, Open>();
  #since = 0;
  #lastAck = 0;
  #longestGap = 0;
  /** The slowest write of each client, since `begin`. */
  #slowest = new Map<string, number>();
  #acks: number[] = [];
  #lives: { client: string; at: number }[] = [];

  constructor(devices: Device[]) {
    this.#protocols = new Map(devices.map(({ name, protocol }) => [name, protocol]));
  }

  /** Measures anew from here on. */
  begin(): void {
    this.#since = this.#lastAck = Date.now();
    this.#longestGap = 0;
    this.#slowest = new Map();
    this.#acks = [];
    this.#lives = [];
  }

  take(event: Event): void {
    const { at, client, kind } = event;
    if (kind === "invoke") this.#open.set(event.write.op, { at, client });
    if (kind === "live") this.#lives.push({ client, at });
    if (kind !== "ok" && kind !== "fail" && kind !== "unknown") return;
    const begun = this.#open.get(event.op);
    this.#open.delete(event.op);
    if (kind === "unknown") this.unknown += 1;
    if (kind === "fail") {
      this.failed += 1;
      if (this.#protocols.get(client) === "v2") this.failedAfterRetries += 1;
    }
    if (kind !== "ok") return;
    this.acked += 1;
    this.#acks.push(at);
    this.#longestGap = Math.max(this.#longestGap, at - this.#lastAck);
    this.#lastAck = at;
    this.#waited(client, at - Math.max(begun?.at ?? at, this.#since));
  }

  /** Nobody writes from here on, or they write again: silence is no stall. */
  restart(): void {
    this.#lastAck = Date.now();
  }

  /** The longest time without any acknowledgement, in milliseconds. */
  get stall(): number {
    return this.#longestGap;
  }

  /** How long the slowest write of each client of v2 took. */
  get slowest(): number[] {
    return [...this.#slowest].filter(([client]) => this.#protocols.get(client) === "v2").map(([, ms]) => ms);
  }

  firstAckAfter = (moment: number): number | undefined => this.#acks.find((at) => at >= moment);

  /** When a client was first live after a moment. */
  liveAfter = (client: string, moment: number): number | undefined =>
    this.#lives.find((life) => life.client === client && life.at >= moment)?.at;

  #waited(client: string, ms: number): void {
    this.#slowest.set(client, Math.max(this.#slowest.get(client) ?? 0, ms));
  }
}
