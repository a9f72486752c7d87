import { createHmac } from "node:crypto";
import bcrypt from "bcrypt";
import pLimit from "p-limit";
import { fault } from "../common/errors.ts";

/** bcrypt reads 72 bytes at most: longer passwords are digested first, and all alike, so that none is cut. */
const digest = (password: string) =>
  createHmac("sha256", "rewind.password.1").update(password).digest("base64");

/** How many may wait for each lane: at 0.25 s a hash, the last waits about 3 s. */
const WAITING_PER_LANE = 12;
/** Who asked so long ago does not wait any more (auth.contract.ts): their turn is given to the next. */
const MAX_WAIT_MS = 3_500;

export type Passwords = {
  hash(password: string): Promise<string>;
  /** Takes as long without a hash as with one. */
  matches(password: string, hash: string | undefined): Promise<boolean>;
  /** How many wait for a lane. */
  waiting(): number;
};

/**
 * Hashing, which takes a core for as long as it lasts: at most `lanes` at a time, so that chat keeps the other
 * cores, and a bounded queue before them.
 * @param cost bcrypt's: the time doubles with each step
 * @throws BUSY when the queue is full
 */
export function passwordHasher(cost: number, lanes: number): Passwords {
  const limit = pLimit(lanes);
  const nobody = bcrypt.hashSync(digest("nobody"), cost);
  const queued = <T>(work: () => Promise<T>): Promise<T> => {
    if (limit.pendingCount >= lanes * WAITING_PER_LANE) throw fault("BUSY", undefined, { retryAfter: 2 });
    const asked = Date.now();
    return limit(() => {
      if (Date.now() - asked > MAX_WAIT_MS) throw fault("BUSY", undefined, { retryAfter: 2 });
      return work();
    });
  };
  return {
    waiting: () => limit.pendingCount,
    hash: async (password) => queued(() => bcrypt.hash(digest(password), cost)),
    async matches(password, hash) {
      const isMatch = await queued(() => bcrypt.compare(digest(password), hash ?? nobody));
      return isMatch && hash !== undefined;
    },
  };
}
