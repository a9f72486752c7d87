import { createConnection, type Connection } from "mysql2/promise";
import { pairKey } from "./events.ts";

/** A conversation and a message as plain data. Times are microseconds since 1970. */
export type Room = { id: string; pair: string; members: string[]; lastSeq: number };
export type Row = {
  room: string;
  id: string;
  author: string;
  nonce: string;
  content: string;
  sentSeq: number;
  seq: number;
  createdAt: number;
  isDeleted: boolean;
};
export type Store = { rooms: Room[]; rows: Row[] };

type RawRoom = { id: string; low: string; high: string; lastSeq: number };
const ROOMS = `SELECT CAST(id AS CHAR) id, CAST(low_id AS CHAR) low, CAST(high_id AS CHAR) high, last_seq lastSeq
  FROM conversations WHERE low_id IN (?) AND high_id IN (?)`;
const ROWS = `SELECT CAST(conversation_id AS CHAR) room, CAST(id AS CHAR) id, CAST(author_id AS CHAR) author, nonce,
  content, seq sentSeq, change_seq seq, created_at createdAt, deleted_at IS NOT NULL isDeleted
  FROM messages WHERE conversation_id = ? AND change_seq > ? ORDER BY seq`;
const NEW_USER = "INSERT INTO users (id, name, name_key, profile, created_at) VALUES (?, ?, ?, NULL, 0)";

async function connected<T>(adminUrl: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await createConnection({ uri: adminUrl, connectTimeout: 5_000 });
  connection.on("error", () => {}); // what is under way fails
  try {
    return await work(connection);
  } finally {
    connection.destroy();
  }
}

/** The users' conversations, and their messages that changed after the `seq` that is given by conversation. */
export const readStore = (adminUrl: string, users: string[], after: Map<string, number>): Promise<Store> =>
  connected(adminUrl, async (connection) => {
    await connection.query("USE rewind_chat");
    await connection.query("START TRANSACTION WITH CONSISTENT SNAPSHOT");
    const [found] = await connection.query(ROOMS, [users, users]);
    const rooms = (found as RawRoom[]).map(({ id, low, high, lastSeq }) => ({
      ...{ id, lastSeq, pair: pairKey(low, high), members: [low, high] },
    }));
    const rows: Row[] = [];
    for (const { id } of rooms) {
      const [those] = await connection.query(ROWS, [id, after.get(id) ?? 0]);
      for (const row of those as Row[]) rows.push({ ...row, isDeleted: Boolean(row.isDeleted) });
    }
    return { rooms, rows };
  });

/** Users without an account: a token is all that they need. */
export const insertUsers = (adminUrl: string, users: { id: string; name: string }[]): Promise<void> =>
  connected(adminUrl, async (connection) => {
    await connection.query("USE rewind_users");
    for (const { id, name } of users) await connection.query(NEW_USER, [id, name, name]);
  });
