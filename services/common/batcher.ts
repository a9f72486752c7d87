import { setImmediate as turn } from "node:timers/promises";
import { fault } from "./errors.ts";

/**
 * Does things together: what is asked for in one turn of the event loop, and while a batch is under way, is the next
 * batch; none waits for a timer, and the more there is to do the less each costs.
 * @param run answers for each item, in their order; never rejects
 * @param most size of a batch, unless it is one item
 * @param queued size of what may wait; above that the answer is BUSY
 * @param sizeOf an item's size
 */
export function batcher<T, R>(
  run: (items: T[]) => Promise<PromiseSettledResult<R>[]>,
  most: number,
  queued: number,
  sizeOf: (item: T) => number = () => 1,
) {
  type Waiting = { item: T; settle: (outcome: PromiseSettledResult<R>) => void };
  const queue: Waiting[] = [];
  let isRunning = false;
  let size = 0;

  const next = (): Waiting[] => {
    let count = 0;
    let taken = 0;
    for (const { item } of queue) {
      taken += sizeOf(item);
      if (count > 0 && taken > most) break;
      count += 1;
    }
    const batch = queue.splice(0, count);
    for (const { item } of batch) size -= sizeOf(item);
    return batch;
  };

  const work = async (): Promise<void> => {
    isRunning = true;
    while (queue.length > 0) {
      await turn(); // for all that has arrived, not only for what was read first
      const batch = next();
      const outcomes = await run(batch.map(({ item }) => item));
      for (const [i, outcome] of outcomes.entries()) batch[i]?.settle(outcome);
    }
    isRunning = false;
  };

  return (item: T): Promise<R> =>
    new Promise((resolve, reject) => {
      if (size >= queued) return reject(fault("BUSY"));
      size += sizeOf(item);
      const settle = (outcome: PromiseSettledResult<R>) =>
        outcome.status === "fulfilled" ? resolve(outcome.value) : reject(outcome.reason as Error);
      queue.push({ item, settle });
      if (!isRunning) void work();
    });
}
