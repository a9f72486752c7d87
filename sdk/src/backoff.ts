const FIRST_MS = 100;
const MOST_MS = 5_000;

/** Milliseconds before try number `tries` (1, 2, ...): doubled each time, and never the same for two clients. */
export const backoff = (tries: number): number =>
  Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(tries - 1, 16)) * (0.5 + Math.random() / 2);
