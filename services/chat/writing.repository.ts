import type { Knex } from "knex";
import { isDuplicate, type Store } from "../common/db.ts";
import { fault } from "../common/errors.ts";
import { failpoint, planted } from "../common/failpoints.ts";
import type { Ids } from "../common/ids.ts";
import { digestOf, nonces } from "../common/nonces.ts";
import type { Pair } from "../common/pair.ts";
import type { Message } from "./chat.contract.ts";
import { toMessage, type Conversation, type Row } from "./chat.repository.ts";

export type Draft = { authorId: string; content: string; nonce: string };
/** A change of a message by its author; `content` null deletes it. */
export type Revision = { authorId: string; messageId: string; content: string | null; nonce: string };

/** For a planted bug: a clock that steps back. */
const jumpyMicros = () => Date.now() * 1000 - Math.floor(Math.random() * 50_000);
const nowMicros = () => Date.now() * 1000;

export type WritingRepository = ReturnType<typeof writingRepository>;

/** What changes a conversation, one transaction a change. */
export function writingRepository({ transaction }: Store, ids: Ids) {
  /** A change, of which another with the same nonce may be under way elsewhere. */
  const once = (work: (trx: Knex.Transaction) => Promise<Message>): Promise<Message> =>
    transaction(async (trx) => {
      const message = await work(trx);
      await failpoint("chat.before-commit");
      return message;
    }).catch((error: unknown) => {
      throw isDuplicate(error) ? fault("NONCE_REUSED") : error;
    });

  return {
    /**
     * Appends a message to the pair's conversation, which must exist. After this resolves the message is on disk.
     * The same author and nonce append once, for good: said again, the stored message is the answer.
     * @throws NONCE_REUSED where the author used the nonce for another message
     */
    append(pair: Pair, draft: Draft, written: (message: Message) => void = () => {}): Promise<Message> {
      const early = Promise.withResolvers<Message>();
      const appended = once(async (trx) => {
        const conversation = await lock(trx, pair, draft);
        if (conversation.isRevision) throw fault("NONCE_REUSED");
        const known = await trx<Row>("messages")
          .where({ authorId: draft.authorId, nonce: draft.nonce })
          .first();
        const forgets = planted("chat.forget-nonce");
        if (known && !forgets) return repeated(pair, conversation, known, draft);
        const row = next(conversation, forgets ? { ...draft, nonce: ids.next("other") } : draft, ids);
        await advance(trx, conversation, { lastMessageId: row.id, lastMessageAt: row.createdAt });
        await trx<Row>("messages").insert(row);
        const message = toMessage(pair, row);
        written(message);
        if (planted("chat.ack-before-commit")) early.resolve(message);
        return message;
      });
      return Promise.race([appended, early.promise]);
    },

    /**
     * Edits or deletes a message, as one more change of its conversation. The same author and nonce do it once, for
     * good: said again, the message as it now stands is the answer.
     * @throws MESSAGE_NOT_FOUND, NOT_AUTHOR, NONCE_REUSED
     */
    revise: (pair: Pair, { authorId, messageId, content, nonce }: Revision): Promise<Message> =>
      once(async (trx) => {
        const conversation = await lock(trx, pair, { authorId, nonce });
        const where = { conversationId: conversation.id, id: messageId };
        const row = await trx<Row>("messages").where(where).first();
        if (!row) throw fault("MESSAGE_NOT_FOUND");
        if (row.authorId !== authorId) throw fault("NOT_AUTHOR");
        const what = `${messageId} ${content ?? ""}`;
        if (await isKnown(trx, authorId, nonce, what)) return toMessage(pair, row);
        if (row.deletedAt !== null) throw fault("MESSAGE_NOT_FOUND");
        const at = Math.max(nowMicros(), row.createdAt);
        const revised: Partial<Row> = {
          changeSeq: conversation.lastSeq + 1,
          changeNonce: nonce,
          ...(content === null ? { content: "", deletedAt: at } : { content, editedAt: at }),
          sentDigest: row.sentDigest ?? digestOf(row.content),
        };
        await nonces(trx).note(authorId, nonce, what);
        await advance(trx, conversation, { revisedAt: at });
        await trx<Row>("messages").where({ conversationId: conversation.id, seq: row.seq }).update(revised);
        return toMessage(pair, { ...row, ...revised });
      }),
  };
}

type By = { authorId: string; nonce: string };
/**
 * The conversation's row, locked until the transaction ends: what happens in it happens one after the other.
 * `isRevision`: whether the nonce was that of an edit or a deletion; asked on the way.
 */
async function lock(trx: Knex.Transaction, pair: Pair, { authorId, nonce }: By) {
  const conversation: (Conversation & { isRevision: number | null }) | undefined = await trx("conversations")
    .where(pair)
    .forUpdate()
    .first("*", trx("nonces").where({ userId: authorId, nonce }).select(trx.raw("1")).as("isRevision"));
  if (!conversation) throw fault("CONVERSATION_NOT_FOUND");
  return conversation;
}

const advance = (trx: Knex.Transaction, { id }: Conversation, last: Partial<Conversation> = {}) =>
  trx<Conversation>("conversations")
    .where({ id })
    .update({ ...last, lastSeq: trx.raw("last_seq + 1") });

function next(conversation: Conversation, draft: Draft, ids: Ids): Row {
  const seq = conversation.lastSeq + 1;
  const byClock = planted("chat.order-by-clock");
  return {
    ...draft,
    conversationId: conversation.id,
    seq,
    id: ids.next("other", byClock ? undefined : conversation.lastMessageId),
    createdAt: byClock ? jumpyMicros() : Math.max(nowMicros(), conversation.lastMessageAt + 1),
    changeSeq: seq,
    changeNonce: null,
    editedAt: null,
    deletedAt: null,
    sentDigest: null,
  };
}

/** Whether a revision was made already. @throws NONCE_REUSED */
async function isKnown(trx: Knex.Transaction, authorId: string, nonce: string, what: string) {
  const answer = await nonces(trx).answerTo(authorId, nonce, what);
  const isSends =
    answer === undefined && (await trx<Row>("messages").where({ authorId, nonce }).first("seq"));
  if (isSends) throw fault("NONCE_REUSED");
  return answer !== undefined;
}

function repeated(pair: Pair, conversation: Conversation, known: Row, draft: Draft): Message {
  const isSame = (known.sentDigest ?? digestOf(known.content)) === digestOf(draft.content);
  if (known.conversationId !== conversation.id || !isSame) throw fault("NONCE_REUSED");
  return toMessage(pair, known);
}
