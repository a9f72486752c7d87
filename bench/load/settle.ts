import { setTimeout as pause } from "node:timers/promises";

const WITHIN_MS = 5_000;

/** Waits until it holds, for some seconds at most. @returns whether it does */
export async function settles(holds: () => boolean, ms = WITHIN_MS): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (!holds() && performance.now() < deadline) await pause(10);
  return holds();
}
