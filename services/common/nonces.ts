import { createHash } from "node:crypto";
import type { Knex } from "knex";
import { fault } from "./errors.ts";

type Row = { userId: string; nonce: string; digest: string; answer: string | null };

/**
 * Nonces of writes that leave no row of their own, in the table `nonces` of the service's schema (migrations/nonces.ts).
 * Only inside the transaction that writes: a write and its nonce are there together or not at all.
 */
export const nonces = (trx: Knex.Transaction) => ({
  /**
   * What was answered when this was done, null where nothing was; undefined where it was not done yet.
   * @throws NONCE_REUSED where the nonce was for something else
   */
  async answerTo(userId: string, nonce: string, what: string): Promise<string | null | undefined> {
    const known = await trx<Row>("nonces").where({ userId, nonce }).first();
    if (known && known.digest !== digestOf(what)) throw fault("NONCE_REUSED");
    return known?.answer;
  },

  async note(userId: string, nonce: string, what: string, answer: string | null = null): Promise<void> {
    await trx<Row>("nonces").insert({ userId, nonce, digest: digestOf(what), answer });
  },
});

/** Tells two texts apart without keeping them. */
export const digestOf = (what: string) => createHash("sha256").update(what).digest("base64url");
