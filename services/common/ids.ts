import type { Knex } from "knex";
import { isDuplicate, type Store } from "./db.ts";
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

/** Below every id made at or after a time, above every one made before it. */
export const idAt = (time: number) => (BigInt(Math.max(0, time - EPOCH)) << 22n).toString();

export type Ids = {
  /** An id greater than `after` and than every one this generator made. @throws UNAVAILABLE */
  next(kind: "user" | "other", after?: string): string;
  /** Gives the worker number back; nothing is made after this. */
  release(): Promise<void>;
};

type Lease = { worker: number; holder: string; expiresAt: number };

/**
 * A generator whose worker number is leased in `store` (table `workers`). Ids are made only with times before the
 * end of the lease as the store has it, and a number is leased again only after that: no two processes, nor two lives
 * of one, can make the same id. Where the clock stepped back, or `after` is ahead of it, ids run ahead of the clock
 * and the lease is extended with them.
 */
export async function leaseIds(store: Store, holder: string): Promise<Ids> {
  const lease = await acquire(store, holder);
  const extend = (until: number) => prolong(store.knex, lease, until).catch(() => false);
  const renewal = setInterval(() => void extend(Date.now()), RENEW_MS).unref();
  let lastTime = 0;
  let counter = 0;

  const make = (parity: bigint, least: number) => {
    const time = Math.max(Date.now(), lastTime, least);
    counter = time > lastTime ? 0 : counter + 1;
    lastTime = counter < COUNTERS ? time : time + 1;
    counter %= COUNTERS;
    if (lastTime >= lease.expiresAt) {
      void extend(lastTime); // not waited for: the caller may hold the store's only connection
      throw fault("UNAVAILABLE");
    }
    return (
      (BigInt(lastTime - EPOCH) << 22n) | (BigInt(lease.worker) << 12n) | (BigInt(counter) << 1n) | parity
    );
  };

  return {
    next(kind, after = "0") {
      const parity = kind === "user" ? 0n : 1n;
      const least = BigInt(after);
      const time = Number(least >> 22n) + EPOCH;
      const id = make(parity, time);
      // Of the same millisecond, by a worker with a greater number: the next one is above it whoever makes it.
      return (id > least ? id : make(parity, time + 1)).toString();
    },
    async release() {
      clearInterval(renewal);
      const { worker } = lease;
      lease.expiresAt = 0;
      const expiresAt = Math.max(Date.now() - CLOCK_SKEW_MS, lastTime + 1);
      await store.knex("workers").where({ worker, holder }).update({ expiresAt });
    },
  };
}

/** A free number, or a new one; tried again where another process was faster. */
async function acquire(store: Store, holder: string): Promise<Lease> {
  for (;;) {
    const now = Date.now();
    const rows = await store.knex<Lease>("workers").orderBy("worker");
    const free = rows.find((row) => row.expiresAt + CLOCK_SKEW_MS < now);
    const lease = { worker: free?.worker ?? rows.length, holder, expiresAt: now + LEASE_MS };
    if (lease.worker >= WORKERS) throw fault("UNAVAILABLE", "every worker number is in use.");
    if (await take(store.knex, lease, free)) return lease;
  }
}

async function take(knex: Knex, lease: Lease, free: Lease | undefined): Promise<boolean> {
  if (free)
    return (
      (await knex<Lease>("workers")
        .where({ ...free })
        .update(lease)) === 1
    );
  try {
    await knex<Lease>("workers").insert(lease);
    return true;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}

/** Never shortens a lease. One that another process took is not ours to prolong: this one makes no more ids. */
async function prolong(knex: Knex, lease: Lease, from: number): Promise<void> {
  const { worker, holder, expiresAt: known } = lease;
  const expiresAt = Math.max(known, from + LEASE_MS);
  if (known === 0) return;
  const isOurs = (await knex<Lease>("workers").where({ worker, holder }).update({ expiresAt })) === 1;
  if (lease.expiresAt !== 0) lease.expiresAt = isOurs ? expiresAt : Math.min(lease.expiresAt, from);
}
