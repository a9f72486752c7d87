import type { Store } from "../common/db.ts";
import type { Ids } from "../common/ids.ts";
import type { Pair } from "../common/pair.ts";
import type { Message } from "./chat.contract.ts";

export type Conversation = Pair & {
  id: string;
  lastSeq: number;
  lastMessageId: string;
  lastMessageAt: number;
  revisedAt: number | null;
};
export type Row = {
  conversationId: string;
  seq: number;
  id: string;
  authorId: string;
  nonce: string;
  content: string;
  createdAt: number;
  changeSeq: number;
  changeNonce: string | null;
  editedAt: number | null;
  deletedAt: number | null;
  sentDigest: string | null;
};

/** Which messages: the newest, or those next to a `seq`. */
type Page = { before?: number; after?: number; limit: number };
export type ChatRepository = ReturnType<typeof chatRepository>;

/** Conversations, and their messages as v1 reads them. */
export function chatRepository({ knex }: Store, ids: Ids) {
  return {
    hasConversation: async (pair: Pair): Promise<boolean> =>
      (await knex<Conversation>("conversations").where(pair).first("id")) !== undefined,

    /** The members of a conversation, if the user is one. */
    async membersOf(conversationId: string, userId: string): Promise<Pair | undefined> {
      const found = await knex<Conversation>("conversations").where({ id: conversationId }).first();
      return found && [found.lowId, found.highId].includes(userId)
        ? { lowId: found.lowId, highId: found.highId }
        : undefined;
    },

    /** Makes the pair's conversation unless it is there. */
    async createConversation(pair: Pair): Promise<void> {
      const fresh = { lastSeq: 0, lastMessageId: "1", lastMessageAt: 0, revisedAt: null };
      await knex<Conversation>("conversations")
        .insert({ id: ids.next("other"), ...pair, ...fresh })
        .onConflict(["lowId", "highId"])
        .ignore();
    },

    /** The newest `limit` messages strictly before `before` (microseconds), oldest first, without deleted ones. */
    async before(pair: Pair, before: number, limit: number): Promise<Message[]> {
      const conversation = await knex<Conversation>("conversations").where(pair).first("id");
      if (!conversation) return [];
      const rows = await knex<Row>("messages")
        .where({ conversationId: conversation.id, deletedAt: null })
        .where("createdAt", "<", before)
        .orderBy("createdAt", "desc")
        .limit(limit);
      return rows.toReversed().map((row) => toMessage(pair, row));
    },

    /** Messages by rising `seq` without deleted ones, and whether there are more on the way. */
    async page(pair: Pair, { before, after, limit }: Page) {
      const conversation = await knex<Conversation>("conversations").where(pair).first("id");
      if (!conversation) return undefined;
      const rising = after !== undefined;
      const rows = await knex<Row>("messages")
        .where({ conversationId: conversation.id, deletedAt: null })
        .where("seq", rising ? ">" : "<", after ?? before ?? Number.MAX_SAFE_INTEGER)
        .orderBy("seq", rising ? "asc" : "desc")
        .limit(limit + 1);
      const page = rows.slice(0, limit).map((row) => toMessage(pair, row));
      const messages = rising ? page : page.toReversed();
      return { conversationId: conversation.id, messages, hasMore: rows.length > limit };
    },
  };
}

export const toMessage = ({ lowId, highId }: Pair, row: Row): Message => ({
  id: row.id,
  conversationId: row.conversationId,
  members: [lowId, highId],
  seq: row.changeSeq,
  sentSeq: row.seq,
  authorId: row.authorId,
  nonce: row.nonce,
  content: row.content,
  createdAt: row.createdAt,
  editedAt: row.editedAt,
  deleted: row.deletedAt !== null,
});
