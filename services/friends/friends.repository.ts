import type { Knex } from "knex";
import type { Store } from "../common/db.ts";
import { nonces } from "../common/nonces.ts";
import { pairOf, type Pair } from "../common/pair.ts";
import { decide, type Change, type Relation, type Verb } from "./friends.rules.ts";

type Row = Pair & Relation & { lastNonce: string | null; lastChange: Change | null; updatedAt: number };

type Done = { change: Change; isLast: boolean };

export function friendsRepository({ knex, transaction }: Store) {
  const relations = (userId: string, state: Relation["state"]): Promise<Row[]> =>
    knex<Row>("relations")
      .where({ state })
      .where((either) => either.where({ lowId: userId }).orWhere({ highId: userId }))
      .orderBy("updatedAt");
  const otherOf = (userId: string, { lowId, highId }: Row) => (lowId === userId ? highId : lowId);

  return {
    friendIds: async (userId: string): Promise<string[]> =>
      (await relations(userId, "friends")).map((row) => otherOf(userId, row)),

    /** Ids of those who wait for this user's answer. */
    requesterIds: async (userId: string): Promise<string[]> =>
      (await relations(userId, "requested"))
        .filter((row) => row.requesterId !== userId)
        .map((row) => otherOf(userId, row)),

    /**
     * Does `verb` between two users, in one transaction; once for each actor and nonce, for good: said again it
     * changes nothing and answers what it answered first. `isLast`: nothing else was done between the two since.
     * @throws NONCE_REUSED
     */
    change: (verb: Verb, actorId: string, targetId: string, nonce: string): Promise<Done> =>
      transaction(async (trx) => {
        const pair = pairOf(actorId, targetId);
        const row = await lock(trx, pair);
        const what = `${verb} ${targetId}`;
        const answer = await nonces(trx).answerTo(actorId, nonce, what);
        if (answer) return { change: answer as Change, isLast: row.lastNonce === nonce };
        const { relation, change } = decide(row, verb, actorId);
        const fresh = { ...relation, lastNonce: nonce, lastChange: change, updatedAt: Date.now() };
        await trx<Row>("relations").where(pair).update(fresh);
        await nonces(trx).note(actorId, nonce, what, change);
        return { change, isLast: true };
      }),
  };
}

const STRANGERS = {
  state: "none",
  requesterId: null,
  lastNonce: null,
  lastChange: null,
  updatedAt: 0,
} as const;

/** The pair's row, made where there is none, and locked: only a row that is there can be. */
async function lock(trx: Knex.Transaction, pair: Pair): Promise<Row> {
  await trx<Row>("relations")
    .insert({ ...pair, ...STRANGERS })
    .onConflict(["lowId", "highId"])
    .ignore();
  const row = await trx<Row>("relations").where(pair).forUpdate().first();
  return row ?? { ...pair, ...STRANGERS };
}
