import { batcher } from "./batcher.ts";

/** Keys in one query, and waiting for one. */
const LIMITS = [100, 10_000] as const;

/**
 * Reads what is asked for by key in one turn of the event loop, and while a query is under way, with one query.
 * @param read answers with what there is of the keys
 */
export const loader = <R>(read: (keys: string[]) => Promise<Map<string, R>>) =>
  batcher<string, R | undefined>(
    async (keys) => {
      try {
        const found = await read([...new Set(keys)]);
        return keys.map((key) => ({ status: "fulfilled", value: found.get(key) }));
      } catch (reason) {
        return keys.map(() => ({ status: "rejected", reason }));
      }
    },
    ...LIMITS,
  );
