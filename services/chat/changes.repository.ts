import type { ResultOf } from "../common/bus.ts";
import type { Store } from "../common/db.ts";
import { fault } from "../common/errors.ts";
import { idAt } from "../common/ids.ts";
import { loader } from "../common/loader.ts";
import type { Pair } from "../common/pair.ts";
import { CURSORS } from "./chat.contract.ts";
import { toMessage, type Conversation, type Row } from "./chat.repository.ts";

type Cursor = ResultOf<"chat.cursors">[number];
const byId = (a: Cursor, b: Cursor) => (BigInt(a.conversationId) < BigInt(b.conversationId) ? -1 : 1);

/** What a member may have missed, and where it is to be read. */
export function changesRepository({ knex }: Store) {
  const conversations = () => knex<Conversation>("conversations");
  /** All of each user: those who come at once, after a restart, are read at once. */
  const cursorsOf = loader(async (userIds) => {
    const of = (member: "lowId" | "highId") =>
      conversations()
        .whereIn(member, userIds)
        .select("id as conversationId", "lastSeq", `${member} as userId`);
    const found = new Map<string, Cursor[]>(userIds.map((userId) => [userId, []]));
    for (const rows of await Promise.all([of("lowId"), of("highId")]))
      for (const { userId, ...cursor } of rows as (Cursor & { userId: string })[])
        found.get(userId)?.push(cursor);
    return found;
  });

  return {
    /** The conversations of a user above the id `after`, and their last `seq`; CURSORS at most, by rising id. */
    async cursors(userId: string, after = "0"): Promise<Cursor[]> {
      const all = (await cursorsOf(userId)) ?? [];
      return all
        .filter(({ conversationId }) => BigInt(conversationId) > BigInt(after))
        .toSorted(byId)
        .slice(0, CURSORS);
    },

    /** One statement, so one moment: no change is between the messages and the last `seq`. */
    async changes(
      userId: string,
      conversationId: string,
      after: number,
      limit: number,
    ): Promise<ResultOf<"chat.changes">> {
      type Found = Row & Pair & { lastSeq: number; messageId: string | null };
      // Joined, and not a table of its own: that, as it has texts, would be written to disk and read again.
      const rows: Found[] = await knex("conversations as c")
        .leftJoin("messages as m", (news) =>
          news.on("m.conversationId", "c.id").andOnVal("m.changeSeq", ">", after),
        )
        .where("c.id", conversationId)
        .where((member) => member.where("c.lowId", userId).orWhere("c.highId", userId))
        .orderBy("m.changeSeq")
        .limit(limit)
        .select("m.*", "m.id as messageId", "c.lowId", "c.highId", "c.lastSeq");
      const [first] = rows;
      if (!first) throw fault("CONVERSATION_NOT_FOUND");
      const changed = rows.filter(({ messageId }) => messageId !== null);
      const complete = changed.length < limit;
      return {
        changes: changed.map((row) => ({
          message: toMessage(row, row),
          nonce: row.changeNonce ?? row.nonce,
        })),
        upTo: complete ? first.lastSeq : (changed.at(-1)?.changeSeq ?? after),
        complete,
      };
    },

    /** Conversations in which something happened since a time (milliseconds), as they now stand. */
    async recent(since: number): Promise<Conversation[]> {
      const sent = knex<Row>("messages").where("id", ">", idAt(since)).distinct("conversationId");
      const [moved, revised] = await Promise.all([
        conversations().whereIn("id", sent),
        conversations().where("revisedAt", ">", since * 1000),
      ]);
      return [...new Map([...moved, ...revised].map((it) => [it.id, it])).values()];
    },
  };
}
