import type { Knex } from "knex";
import type { Store } from "../common/db.ts";
import { pairOf } from "../common/pair.ts";
import { CHATS, UNREAD_WINDOW, type Message } from "./chat.contract.ts";
import { toMessage, type Conversation, type Room, type Row } from "./chat.repository.ts";

type Mark = { userId: string; conversationId: string; seq: number };
type Marked = Conversation & { readSeq: number };
type Chat = Marked & { peerId: string; lastMessage: Message; unread: number };

export type ReadingRepository = ReturnType<typeof readingRepository>;

/** A user's conversations, and how far they have read in each. */
export function readingRepository({ knex }: Store) {
  return {
    /** The newest first, from below the cursor `before`; CHATS at most. */
    async list(userId: string, before?: string): Promise<{ chats: Chat[]; before: string | null }> {
      const found = await newest(knex, userId, before);
      const page = await marked(knex, userId, found.slice(0, CHATS));
      const [unread, last] = await Promise.all([countUnread(knex, userId, page), lastMessages(knex, page)]);
      const chats = page.flatMap((it) => {
        const peerId = it.lowId === userId ? it.highId : it.lowId;
        const row = last.get(it.lastMessageId);
        const lastMessage = row && toMessage(pairOf(userId, peerId), row);
        return lastMessage ? [{ ...it, peerId, lastMessage, unread: unread.get(it.id) ?? 0 }] : [];
      });
      const end = page.at(-1);
      return { chats, before: found.length > CHATS && end ? cursorOf(end) : null };
    },

    /** Moves the mark of what a user has read up to a `seq`, never down. */
    async read(userId: string, { id: conversationId }: Room, wanted: number) {
      const conversations = await knex<Conversation>("conversations").where({ id: conversationId });
      const key = { userId, conversationId };
      const seq = Math.min(wanted, conversations[0]?.lastSeq ?? 0);
      const marks = () => knex<Mark>("reads");
      await marks()
        .insert({ ...key, seq })
        .onConflict(["userId", "conversationId"])
        .ignore();
      await marks().where(key).where("seq", "<", seq).update({ seq });
      const now = await marked(knex, userId, conversations);
      const unread = await countUnread(knex, userId, now);
      return { conversationId, seq: now[0]?.readSeq ?? seq, unread: unread.get(conversationId) ?? 0 };
    },
  };
}

/** Where a list goes on; text that only this file reads. */
const cursorOf = ({ lastMessageAt, id }: Conversation) => `${lastMessageAt}.${id}`;

/** Conversations that have a message; CHATS, and one more to show that there is more. */
async function newest(knex: Knex, userId: string, before?: string): Promise<Conversation[]> {
  const [at = "", id = "0"] = before?.split(".") ?? [];
  const of = (member: "lowId" | "highId") =>
    knex<Conversation>("conversations")
      .where({ [member]: userId })
      .where("lastSeq", ">", 0)
      .where((older) => {
        if (before === undefined) return;
        older
          .where("lastMessageAt", "<", Number(at))
          .orWhere((same) => same.where("lastMessageAt", Number(at)).where("id", "<", id));
      })
      .orderBy("lastMessageAt", "desc")
      .orderBy("id", "desc")
      .limit(CHATS + 1);
  const [low, high] = await Promise.all([of("lowId"), of("highId")]);
  return [...low, ...high]
    .toSorted((a, b) => b.lastMessageAt - a.lastMessageAt || (BigInt(b.id) > BigInt(a.id) ? 1 : -1))
    .slice(0, CHATS + 1);
}

async function marked(knex: Knex, userId: string, conversations: Conversation[]): Promise<Marked[]> {
  const ids = conversations.map(({ id }) => id);
  const rows = await knex<Mark>("reads").where({ userId }).whereIn("conversationId", ids);
  const marks = new Map(rows.map(({ conversationId, seq }) => [conversationId, seq]));
  return conversations.map((it) => ({ ...it, readSeq: marks.get(it.id) ?? 0 }));
}

async function lastMessages(knex: Knex, conversations: Conversation[]): Promise<Map<string, Row>> {
  const ids = conversations.map(({ lastMessageId }) => lastMessageId);
  return new Map((await knex<Row>("messages").whereIn("id", ids)).map((row) => [row.id, row]));
}

/** Others' messages above the marks, each conversation's last UNREAD_WINDOW changes; one statement. */
async function countUnread(knex: Knex, userId: string, chats: Marked[]): Promise<Map<string, number>> {
  if (chats.length === 0) return new Map();
  const rows: { conversationId: string; count: number }[] = await knex("messages")
    .whereNot({ authorId: userId })
    .whereNull("deletedAt")
    .where((any) => {
      for (const { id, readSeq, lastSeq } of chats) {
        const above = Math.max(readSeq, lastSeq - UNREAD_WINDOW);
        any.orWhere((one) => one.where({ conversationId: id }).where("seq", ">", above));
      }
    })
    .groupBy("conversationId")
    .select("conversationId", knex.raw("count(*) as count"));
  return new Map(rows.map(({ conversationId, count }) => [conversationId, Number(count)]));
}
