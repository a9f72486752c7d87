import type { Hello } from "./types.ts";

/** What of the server's limits is used: frames that the network delays arrive together. */
const BURST_SHARE = 0.75;
const RATE_SHARE = 0.9;

/** Tokens for frames on one socket: `burst` at once, then `rate` a second. */
export class Pace {
  readonly #most: number;
  readonly #perMs: number;
  #tokens: number;
  #at = performance.now();
  #pausedUntil = 0;

  constructor({ burst, rate }: Pick<Hello, "burst" | "rate">) {
    this.#most = Math.max(1, Math.floor(burst * BURST_SHARE));
    this.#perMs = (rate * RATE_SHARE) / 1_000;
    this.#tokens = this.#most;
  }

  /** Takes a token, and there may be none left: for what cannot wait. */
  take(): void {
    this.#fill();
    this.#tokens -= 1;
  }

  /** Milliseconds until there is a token; 0: there is one. */
  wait(): number {
    this.#fill();
    const paused = this.#pausedUntil - performance.now();
    const missing = 1 - this.#tokens;
    return Math.max(0, paused, missing > 0 ? Math.ceil(missing / this.#perMs) : 0);
  }

  /** The server wants nothing for so long. */
  pause(ms: number): void {
    this.#tokens = Math.min(this.#tokens, 0);
    this.#pausedUntil = performance.now() + ms;
  }

  #fill(): void {
    const now = performance.now();
    this.#tokens = Math.min(this.#most, this.#tokens + Math.max(0, now - this.#at) * this.#perMs);
    this.#at = now;
  }
}
