import type { ResultOf } from "../common/bus.ts";
import type { Store } from "../common/db.ts";
import { fault } from "../common/errors.ts";
import { idAt } from "../common/ids.ts";
import type { Pair } from "../common/pair.ts";
import { CURSORS } from "./chat.contract.ts";
import { toMessage, type Conversation, type Row } from "./chat.repository.ts";

type Cursor = ResultOf<"chat.cursors">[number];
const byId = (a: Cursor, b: Cursor) => (BigInt(a.conversationId) < BigInt(b.conversationId) ? -1 : 1);

/** What a member may have missed, and where it is to be read. */
export function changesRepository({ knex }: Store) {
  const conversations = () => knex<Conversation>("conversations");
  return {
    /** The conversations of a user above the id `after`, and their last `seq`; CURSORS at most, by rising id. */
    async cursors(userId: string, after = "0"): Promise<Cursor[]> {
      const of = (member: "lowId" | "highId") =>
        conversations()
          .where({ [member]: userId })
          .where("id", ">", after)
          .orderBy("id")
          .limit(CURSORS)
          .select("id as conversationId", "lastSeq");
      const [low, high] = await Promise.all([of("lowId"), of("highId")]);
      return [...low, ...high].toSorted(byId).slice(0, CURSORS);
    },

    /** One statement, so one moment: no change is between the messages and the last `seq`. */
    async changes(
      userId: string,
      conversationId: string,
      after: number,
      limit: number,
    ): Promise<ResultOf<"chat.changes">> {
      type Found = Row & Pair & { lastSeq: number; messageId: string | null };
      const news = knex("messages")
        .where({ conversationId })
        .where("changeSeq", ">", after)
        .orderBy("changeSeq")
        .limit(limit);
      const rows: Found[] = await knex("conversations as c")
        .leftJoin(news.as("m"), "m.conversationId", "c.id")
        .where("c.id", conversationId)
        .where((member) => member.where("c.lowId", userId).orWhere("c.highId", userId))
        .orderBy("m.changeSeq")
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
