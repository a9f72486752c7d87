import type { Knex } from "knex";
import type { Store } from "../common/db.ts";
import { pairOf, type Pair } from "../common/pair.ts";
import { decide, type Change, type Relation, type Verb } from "./friends.rules.ts";

type Row = Pair & Relation & { lastNonce: string; lastChange: Change; updatedAt: number };

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
     * Does `verb` between two users, in one transaction. Said again with the same nonce it changes nothing and
     * answers what it answered first.
     */
    change: (verb: Verb, actorId: string, targetId: string, nonce: string): Promise<Change> =>
      transaction(async (trx) => {
        const pair = pairOf(actorId, targetId);
        const row = await lock(trx, pair);
        if (row?.lastNonce === nonce) return row.lastChange;
        const { relation, change } = decide(row ?? { state: "none", requesterId: null }, verb, actorId);
        await trx<Row>("relations")
          .insert({ ...pair, ...relation, lastNonce: nonce, lastChange: change, updatedAt: Date.now() })
          .onConflict(["lowId", "highId"])
          .merge();
        return change;
      }),
  };
}

const lock = (trx: Knex.Transaction, pair: Pair): Promise<Row | undefined> =>
  trx<Row>("relations").where(pair).forUpdate().first();
