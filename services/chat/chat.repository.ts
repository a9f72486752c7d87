import type { Store } from "../common/db.ts";
import { fault } from "../common/errors.ts";
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
/** A conversation's id and its members: neither ever changes. */
export type Room = { id: string; pair: Pair };
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
  const table = () => knex<Conversation>("conversations");
  const rooms = roomCache();
  const found = ({ id, lowId, highId }: Conversation) => rooms.keep({ id, pair: { lowId, highId } });

  return {
    async roomById(id: string): Promise<Room | undefined> {
      const known = rooms.byId(id);
      if (known) return known;
      const row = await table().where({ id }).first();
      return row && found(row);
    },

    async roomOf(pair: Pair): Promise<Room | undefined> {
      const known = rooms.of(pair);
      if (known) return known;
      const row = await table().where(pair).first();
      return row && found(row);
    },

    /** The pair's conversation, made unless it is there. */
    async createRoom(pair: Pair): Promise<Room> {
      const fresh = { lastSeq: 0, lastMessageId: "1", lastMessageAt: 0, revisedAt: null };
      await table()
        .insert({ id: ids.next("other"), ...pair, ...fresh })
        .onConflict(["lowId", "highId"])
        .ignore();
      const row = await table().where(pair).first();
      if (!row) throw fault("FAILED");
      return found(row);
    },

    /** The newest `limit` messages strictly before `before` (microseconds), oldest first, without deleted ones. */
    async before({ id: conversationId, pair }: Room, before: number, limit: number): Promise<Message[]> {
      const rows = await knex<Row>("messages")
        .where({ conversationId, deletedAt: null })
        .where("createdAt", "<", before)
        .orderBy("createdAt", "desc")
        .limit(limit);
      return rows.toReversed().map((row) => toMessage(pair, row));
    },

    /** Messages by rising `seq` without deleted ones, and whether there are more on the way. */
    async page({ id: conversationId, pair }: Room, { before, after, limit }: Page) {
      const rising = after !== undefined;
      const rows = await knex<Row>("messages")
        .where({ conversationId, deletedAt: null })
        .where("seq", rising ? ">" : "<", after ?? before ?? Number.MAX_SAFE_INTEGER)
        .orderBy("seq", rising ? "asc" : "desc")
        .limit(limit + 1);
      const page = rows.slice(0, limit).map((row) => toMessage(pair, row));
      const messages = rising ? page : page.toReversed();
      return { conversationId, messages, hasMore: rows.length > limit };
    },
  };
}

const MOST_ROOMS = 20_000;
/** Rooms that were seen lately. */
function roomCache() {
  const ids = new Map<string, Room>();
  const pairs = new Map<string, Room>();
  const keyOf = ({ lowId, highId }: Pair) => `${lowId} ${highId}`;
  return {
    byId: (id: string) => ids.get(id),
    of: (pair: Pair) => pairs.get(keyOf(pair)),
    keep(room: Room): Room {
      const [oldest] = ids.values();
      if (oldest && ids.size >= MOST_ROOMS) {
        ids.delete(oldest.id);
        pairs.delete(keyOf(oldest.pair));
      }
      ids.set(room.id, room);
      pairs.set(keyOf(room.pair), room);
      return room;
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
