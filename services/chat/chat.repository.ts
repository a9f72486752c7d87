import type { Knex } from "knex";
import { isDuplicate, type Store } from "../common/db.ts";
import { fault } from "../common/errors.ts";
import type { Ids } from "../common/ids.ts";
import type { Pair } from "../common/pair.ts";
import type { Message } from "./chat.contract.ts";

export type Conversation = Pair & {
  id: string;
  lastSeq: number;
  lastMessageId: string;
  lastMessageAt: number;
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
};
export type Draft = { authorId: string; content: string; nonce: string };
/** A change of a message by its author; `content` null deletes it. */
export type Revision = { authorId: string; messageId: string; content: string | null; nonce: string };

const nowMicros = () => Date.now() * 1000;

export function chatRepository({ knex, transaction }: Store, ids: Ids) {
  return {
    hasConversation: async (pair: Pair): Promise<boolean> =>
      (await knex<Conversation>("conversations").where(pair).first("id")) !== undefined,

    /** Makes the pair's conversation unless it is there. */
    async createConversation(pair: Pair): Promise<void> {
      const fresh = { lastSeq: 0, lastMessageId: "1", lastMessageAt: 0 };
      await knex<Conversation>("conversations")
        .insert({ id: ids.next("other"), ...pair, ...fresh })
        .onConflict(["lowId", "highId"])
        .ignore();
    },

    /**
     * Appends a message to the pair's conversation, which must exist. After this resolves the message is on disk.
     * The same author and nonce append once, for good: said again, the stored message is the answer.
     * @throws NONCE_REUSED where the author used the nonce for another message
     */
    append: (pair: Pair, draft: Draft): Promise<Message> =>
      transaction(async (trx) => {
        const conversation = await lock(trx, pair);
        const known = await trx<Row>("messages")
          .where({ authorId: draft.authorId, nonce: draft.nonce })
          .first();
        if (known) return repeated(pair, conversation, known, draft);
        const row = next(conversation, draft, ids);
        await advance(trx, conversation, { lastMessageId: row.id, lastMessageAt: row.createdAt });
        await trx<Row>("messages").insert(row);
        return toMessage(pair, row);
      }).catch((error: unknown) => {
        throw isDuplicate(error) ? fault("NONCE_REUSED") : error;
      }),

    /**
     * Edits or deletes a message, as one more change of its conversation.
     * @throws MESSAGE_NOT_FOUND, NOT_AUTHOR
     */
    revise: (pair: Pair, { authorId, messageId, content, nonce }: Revision): Promise<Message> =>
      transaction(async (trx) => {
        const conversation = await lock(trx, pair);
        const where = { conversationId: conversation.id, id: messageId };
        const row = await trx<Row>("messages").where(where).first();
        if (!row) throw fault("MESSAGE_NOT_FOUND");
        if (row.authorId !== authorId) throw fault("NOT_AUTHOR");
        if (row.changeNonce === nonce) return toMessage(pair, row);
        if (row.deletedAt !== null) throw fault("MESSAGE_NOT_FOUND");
        const at = Math.max(nowMicros(), row.createdAt);
        const revised: Partial<Row> = {
          changeSeq: conversation.lastSeq + 1,
          changeNonce: nonce,
          ...(content === null ? { content: "", deletedAt: at } : { content, editedAt: at }),
        };
        await advance(trx, conversation);
        await trx<Row>("messages").where({ conversationId: conversation.id, seq: row.seq }).update(revised);
        return toMessage(pair, { ...row, ...revised });
      }),

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
  };
}

/** The conversation's row, locked until the transaction ends: what happens in it happens one after the other. */
async function lock(trx: Knex.Transaction, pair: Pair): Promise<Conversation> {
  const conversation = await trx<Conversation>("conversations").where(pair).forUpdate().first();
  if (!conversation) throw fault("CONVERSATION_NOT_FOUND");
  return conversation;
}

const advance = (trx: Knex.Transaction, { id }: Conversation, last: Partial<Conversation> = {}) =>
  trx<Conversation>("conversations")
    .where({ id })
    .update({ ...last, lastSeq: trx.raw("last_seq + 1") });

function next(conversation: Conversation, draft: Draft, ids: Ids): Row {
  const seq = conversation.lastSeq + 1;
  return {
    ...draft,
    conversationId: conversation.id,
    seq,
    id: ids.next("other", conversation.lastMessageId),
    createdAt: Math.max(nowMicros(), conversation.lastMessageAt + 1),
    changeSeq: seq,
    changeNonce: null,
    editedAt: null,
    deletedAt: null,
  };
}

function repeated(pair: Pair, conversation: Conversation, known: Row, draft: Draft): Message {
  const untouched = known.editedAt === null && known.deletedAt === null;
  const same = known.conversationId === conversation.id && (!untouched || known.content === draft.content);
  if (!same) throw fault("NONCE_REUSED");
  return toMessage(pair, known);
}

export const toMessage = ({ lowId, highId }: Pair, row: Row): Message => ({
  id: row.id,
  conversationId: row.conversationId,
  members: [lowId, highId],
  seq: row.changeSeq,
  sentSeq: row.seq,
  authorId: row.authorId,
  content: row.content,
  createdAt: row.createdAt,
  editedAt: row.editedAt,
  deleted: row.deletedAt !== null,
});
