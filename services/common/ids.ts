import type { Knex } from "knex";
import type { Store } from "./db.ts";
import { fault } from "./errors.ts";

/**
 * Snowflakes of 63 bits: 41 bits of milliseconds since 2024, 10 of worker, 11 of counter, 1 of kind.
 * The kind is 0 for a user and 1 for all else: the XOR of two users' ids, by which protocol v1 names their direct
 * conversation, is then even and never another thing's id.
 */
export const EPOCH = Date.UTC(2024, 0, 1);
const WORKERS = 1 << 10;
const COUNTERS = 1 << 11;
const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
/** How far two processes' clocks may differ. */
const CLOCK_SKEW_MS = 5_000;

export const timeOf = (id: string) => Number(BigInt(id) >> 22n) + EPOCH;

export type Ids = {
  /** An id greater than `after` and than every one this generator made. Waits where the clock stepped back. */
  next(kind: "user" | "other", after?: string): Promise<string>;
  /** Gives the worker number back; nothing is made after this. */
  release(): Promise<void>;
};

type Lease = { worker: number; holder: string; expiresAt: number };

/**
 * A generator whose worker number is leased in `store` (table `workers`). Ids are made only with times before the
 * end of the lease, and a number is leased again only after it: no two processes, nor two lives of one, can make
 * the same id.
 */
export async function leaseIds(store: Store, holder: string): Promise<Ids> {
  const lease = await acquire(store, holder);
  const renewal = setInterval(() => void renew(store.knex, lease), RENEW_MS).unref();
  let lastTime = 0;
  let counter = 0;

  const tick = (least: number) => {
    const time = Math.max(Date.now(), lastTime, least);
    counter = time > lastTime ? 0 : counter + 1;
    lastTime = counter < COUNTERS ? time : time + 1;
    counter %= COUNTERS;
    return { time: lastTime, count: counter };
  };

  return {
    async next(kind, after) {
      const { time, count } = tick(after === undefined ? 0 : timeOf(after) + 1);
      if (time >= lease.expiresAt) throw fault("UNAVAILABLE");
      await clock(time);
      const parity = kind === "user" ? 0n : 1n;
      const id =
        (BigInt(time - EPOCH) << 22n) | (BigInt(lease.worker) << 12n) | (BigInt(count) << 1n) | parity;
      return id.toString();
    },
    async release() {
      clearInterval(renewal);
      const expiresAt = Math.max(Date.now() - CLOCK_SKEW_MS, lastTime + 1);
      lease.expiresAt = 0;
      await store.knex("workers").where({ worker: lease.worker, holder }).update({ expiresAt });
    },
  };
}

/** Resolves once the clock has reached `time`; at once in all but rare cases. */
async function clock(time: number) {
  const ahead = time - Date.now();
  if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
}

const acquire = (store: Store, holder: string): Promise<Lease> =>
  store.transaction(async (trx) => {
    const now = Date.now();
    const rows = await trx<Lease>("workers").orderBy("worker").forUpdate();
    const worker = rows.find((row) => row.expiresAt + CLOCK_SKEW_MS < now)?.worker ?? rows.length;
    if (worker >= WORKERS) throw fault("UNAVAILABLE", "every worker number is in use.");
    const lease = { worker, holder, expiresAt: now + LEASE_MS };
    await trx<Lease>("workers").insert(lease).onConflict("worker").merge();
    return lease;
  });

/** A lease that was lost is never renewed: another may hold the number. The process makes no more ids. */
async function renew(knex: Knex, lease: Lease) {
  const now = Date.now();
  if (now >= lease.expiresAt) return;
  const { worker, holder } = lease;
  const expiresAt = now + LEASE_MS;
  const renewed = await knex("workers")
    .where({ worker, holder })
    .update({ expiresAt })
    .catch(() => 0);
  if (renewed === 1 && lease.expiresAt !== 0) lease.expiresAt = expiresAt;
}
