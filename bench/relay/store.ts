/**
 * The store of the bare relay: writes each message to one table, answers with it, and publishes it to both users. It
 * checks nothing. COMMITS: `each`, a commit a message on ten connections; `group`, all that came while the last commit was
 * under way in the next, 128 at most.
 */
import { createPool, type Pool, type ResultSetHeader } from "mysql2/promise";
import { connect, type Msg } from "nats";

type Send = { from: string; to: string; content: string; nonce: string; origin: string };
type Item = Send & { at: number };

const { NATS_URL = "", MYSQL_URL = "", COMMITS = "group" } = process.env;
const BATCH = 128;
const POOL = 10;
const TABLE = `CREATE TABLE IF NOT EXISTS messages (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  chat_id BIGINT UNSIGNED NOT NULL, user_id BIGINT UNSIGNED NOT NULL, content TEXT NOT NULL, created_at BIGINT NOT NULL)`;
const INSERT = "INSERT INTO messages (chat_id, user_id, content, created_at) VALUES ?";

async function openPool(): Promise<Pool> {
  const once = createPool({ uri: MYSQL_URL });
  await once.query("CREATE DATABASE IF NOT EXISTS relay");
  await once.end();
  const pool = createPool({ uri: MYSQL_URL, database: "relay", connectionLimit: POOL });
  await pool.query(TABLE);
  return pool;
}

const pool = await openPool();
const nats = await connect({ servers: new URL(NATS_URL).host, ...login(NATS_URL) });

function login(url: string) {
  const { username, password } = new URL(url);
  return { user: username, pass: decodeURIComponent(password) };
}

/** A message as REWIND's protocol v2 writes it, of the same length. */
const messageOf = ({ from, to, content, at }: Item, id: number) =>
  JSON.stringify({
    ...{ id: String(id).padStart(18, "3"), chat_id: chatOf(from, to), user_id: from, content, nonce: null },
    ...{ seq: id, sent_seq: id, created_at: new Date(at).toISOString().replace("Z", "000Z") },
    ...{ edited_at: null, deleted: false },
  });
const chatOf = (from: string, to: string) => (from < to ? from : to);

/** @returns the id of the first; those of the others follow it */
async function insert(items: Item[]): Promise<number> {
  const rows = items.map(({ from, to, content, at }) => [chatOf(from, to), from, content, at * 1000]);
  const [{ insertId }] = await pool.query<ResultSetHeader>(INSERT, [rows]);
  return insertId;
}

function tell(msg: Msg, item: Item, id: number): void {
  const message = messageOf(item, id);
  const push = `${item.origin}\n{"type":"chat","payload":{"type":"send","message":${message}}}`;
  nats.publish(`relay.user.${item.to}`, push);
  nats.publish(`relay.user.${item.from}`, push);
  msg.respond(message);
}

const waiting: { msg: Msg; item: Item }[] = [];
let isCommitting = false;

async function commitAll(): Promise<void> {
  if (isCommitting) return;
  isCommitting = true;
  while (waiting.length > 0) {
    const batch = waiting.splice(0, BATCH);
    const first = await insert(batch.map(({ item }) => item));
    for (const [nth, { msg, item }] of batch.entries()) tell(msg, item, first + nth);
  }
  isCommitting = false;
}

const commitOne = async (msg: Msg, item: Item) => tell(msg, item, await insert([item]));

nats.subscribe("relay.send", {
  queue: "store",
  callback(error, msg) {
    if (error) throw error;
    const item = { ...(JSON.parse(msg.string()) as Send), at: Date.now() };
    if (COMMITS === "each") return void commitOne(msg, item);
    waiting.push({ msg, item });
    void commitAll();
  },
});
process.on("SIGTERM", () => process.exit(0));
await nats.flush();
process.stdout.write("ready store\n");
