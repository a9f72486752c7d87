import { setTimeout as pause } from "node:timers/promises";
import type { Cast } from "./cast.ts";
import type { Client } from "./client.ts";
import { pairKey, type Change } from "./events.ts";

const TICK_MS = 10;
/** Writes of one client that wait for their outcome; then it says nothing new. */
const OPEN = 6;
/** What is not sent in time because nobody may is not made up for beyond this. */
const BACKLOG_MS = 200;
const REST_MS = 10_000;
/** Of a hundred writes; what there is nothing to change for is a send. */
const EDITS = 12;
const DELETES = 5;
/** Not divisors of the clients' number: each has its turn. Who bursts sends all that may be open at once. */
const BURST_EVERY = 7;
const WAVE_EVERY = 23;

/** Everybody writes to everybody they talk with, at a steady rate in all. */
export class Workload {
  readonly #cast: Cast;
  readonly #rate: number;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  #turn = 0;
  #written = 0;

  constructor(cast: Cast, rate: number) {
    this.#cast = cast;
    this.#rate = rate;
  }

  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  resume(): void {
    let last = performance.now();
    this.#timer ??= setInterval(() => {
      const now = performance.now();
      const most = (this.#rate * BACKLOG_MS) / 1000;
      this.#due = Math.min(this.#due + (this.#rate * (now - last)) / 1000, Math.max(1, most));
      last = now;
      for (let count; this.#due >= 1 && (count = this.#write());) this.#due -= count;
    }, TICK_MS);
  }

  pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#due = 0;
  }

  /** Resolves when nothing waits for an answer, or after some seconds. */
  async rest(): Promise<void> {
    const deadline = Date.now() + REST_MS;
    while (this.#cast.talkers.some(({ unsettled }) => unsettled > 0) && Date.now() < deadline)
      await pause(TICK_MS);
  }

  /** One message of each client of those. */
  writeOnce(isMeant: (client: Client) => boolean): void {
    for (const client of this.#cast.talkers.filter(isMeant)) {
      const { user } = client.device;
      const [peer = ""] = this.#cast.peersOf(user);
      if (client.mayWrite) client.write(peer, pairKey(user, peer), "send");
    }
  }

  /** @returns how many writes somebody began; 0 where nobody may */
  #write(): number {
    const { talkers, peersOf } = this.#cast;
    for (let tried = 0; tried < talkers.length; tried += 1) {
      this.#turn += 1;
      const client = talkers[this.#turn % talkers.length];
      if (!client || client.unsettled >= OPEN || !client.mayWrite) continue;
      this.#written += 1;
      const { user } = client.device;
      const peers = peersOf(user);
      const peer = peers[Math.floor(this.#written / talkers.length) % peers.length] ?? "";
      client.write(peer, pairKey(user, peer), changeFor(this.#written));
      if (this.#written % WAVE_EVERY === 0) client.wave();
      const more = this.#written % BURST_EVERY === 0 ? OPEN - client.unsettled : 0;
      for (let i = 0; i < more && client.mayWrite; i += 1) client.write(peer, pairKey(user, peer), "send");
      return 1 + Math.max(0, more);
    }
    return 0;
  }
}

function changeFor(nth: number): Change {
  const place = (nth * 37) % 100;
  return place < EDITS ? "edit" : place < EDITS + DELETES ? "delete" : "send";
}
