import type { Knex } from "knex";
import type { Store } from "../common/db.ts";
import { loader } from "../common/loader.ts";
import { nonces } from "../common/nonces.ts";
import { pairOf, type Pair } from "../common/pair.ts";
import { decide, type Change, type Relation, type Verb } from "./friends.rules.ts";

type Row = Pair & Relation & { lastNonce: string | null; lastChange: Change | null; updatedAt: number };

type Done = { change: Change; isLast: boolean };

export function friendsRepository({ knex, transaction }: Store) {
  /** What a user is to others, the oldest first. */
  const relations = loader(async (userIds) => {
    const rows: Row[] = await knex<Row>("relations")
      .whereIn("state", ["friends", "requested"])
      .where((either) => either.whereIn("lowId", userIds).orWhereIn("highId", userIds))
      .orderBy("updatedAt");
    const found = new Map<string, Row[]>(userIds.map((userId) => [userId, []]));
    for (const row of rows) for (const userId of [row.lowId, row.highId]) found.get(userId)?.push(row);
    return found;
  });
  const others = async (userId: string, isWanted: (row: Row) => boolean): Promise<string[]> =>
    ((await relations(userId)) ?? [])
      .filter(isWanted)
      .map(({ lowId, highId }) => (lowId === userId ? highId : lowId));

  return {
    friendIds: (userId: string) => others(userId, ({ state }) => state === "friends"),

    /** Ids of those who wait for this user's answer. */
    requesterIds: (userId: string) =>
      others(userId, ({ state, requesterId }) => state === "requested" && requesterId !== userId),

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
