import type { Knex } from "knex";
import { isDuplicate, type Store } from "../common/db.ts";
import { fault } from "../common/errors.ts";
import { failpoint, planted } from "../common/failpoints.ts";
import { digestOf, nonces } from "../common/nonces.ts";
import type { Message } from "./chat.contract.ts";
import { toMessage, type Conversation, type Room, type Row } from "./chat.repository.ts";

/** A change of a message by its author; `content` null deletes it. */
export type Revision = { authorId: string; messageId: string; content: string | null; nonce: string };

export type RevisingRepository = ReturnType<typeof revisingRepository>;

/** Edits and deletions, one transaction each. */
export function revisingRepository({ transaction }: Store) {
  return {
    /**
     * Edits or deletes a message, as one more change of its conversation. The same author and nonce do it once, for
     * good: said again, the message as it now stands is the answer.
     * @throws MESSAGE_NOT_FOUND, NOT_AUTHOR, NONCE_REUSED
     */
    revise: (room: Room, revision: Revision): Promise<Message> =>
      transaction(async (trx) => {
        const message = await revise(trx, room, revision);
        await failpoint("chat.before-commit");
        return message;
      }).catch((error: unknown) => {
        throw isDuplicate(error) ? fault("NONCE_REUSED") : error; // taken by another process at the same moment
      }),
  };
}

async function revise(
  trx: Knex.Transaction,
  { id: conversationId, pair }: Room,
  { authorId, messageId, content, nonce }: Revision,
): Promise<Message> {
  const conversation = await trx<Conversation>("conversations")
    .where({ id: conversationId })
    .forUpdate()
    .first();
  if (!conversation) throw fault("CONVERSATION_NOT_FOUND");
  const row = await trx<Row>("messages").where({ conversationId, id: messageId }).first();
  if (!row) throw fault("MESSAGE_NOT_FOUND");
  if (row.authorId !== authorId) throw fault("NOT_AUTHOR");
  const what = `${messageId} ${content ?? ""}`;
  if (await isKnown(trx, authorId, nonce, what)) return toMessage(pair, row);
  if (row.deletedAt !== null) throw fault("MESSAGE_NOT_FOUND");
  const at = Math.max(Date.now() * 1000, row.createdAt);
  const lastSeq = conversation.lastSeq + (planted("chat.reuse-seq") ? 0 : 1);
  const revised: Partial<Row> = {
    changeSeq: lastSeq,
    changeNonce: nonce,
    ...(content === null ? { content: "", deletedAt: at } : { content, editedAt: at }),
    sentDigest: row.sentDigest ?? digestOf(row.content),
  };
  await nonces(trx).note(authorId, nonce, what);
  await trx<Conversation>("conversations").where({ id: conversationId }).update({ revisedAt: at, lastSeq });
  if (!planted("chat.lose-edit"))
    await trx<Row>("messages").where({ conversationId, seq: row.seq }).update(revised);
  return toMessage(pair, { ...row, ...revised });
}

/** Whether a revision was made already. @throws NONCE_REUSED */
async function isKnown(trx: Knex.Transaction, authorId: string, nonce: string, what: string) {
  const answer = await nonces(trx).answerTo(authorId, nonce, what);
  const isSends =
    answer === undefined && (await trx<Row>("messages").where({ authorId, nonce }).first("seq"));
  if (isSends) throw fault("NONCE_REUSED");
  return answer !== undefined;
}
