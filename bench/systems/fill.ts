import {
  BULK_CHAT,
  BULK_FROM,
  emailOf,
  FIRST_AT,
  nameOf,
  otherId,
  passwordHash,
  userId,
  type Chat,
  type Seed,
} from "./seed.ts";

/** A store that is filled: the SQL of both databases, but for a few words. */
export type Target = {
  /** Runs a statement in the schema of a service. */
  run(service: "auth" | "users" | "chat", sql: string): Promise<void>;
  /** What rows of `n`, from 1 to a count, are selected from. */
  series(count: number): string;
  /** Division of whole numbers. */
  div: string;
};

const BATCH = 500;
const BULK_STEP = 250_000;
const COLUMNS = "conversation_id, seq, id, author_id, nonce, content, created_at, change_seq";
/** Of a message's length in the runs. */
const CONTENT = "CONCAT('a message of some length, as people write them, number ', n)";

export async function fill(target: Target, seed: Seed): Promise<void> {
  await insert(target, "users", "users (id, name, name_key, profile, created_at)", seed.users, (nth) => [
    ...[userId(nth), nameOf(nth), nameOf(nth), null, 0],
  ]);
  if (seed.accounts !== undefined) {
    const hash = await passwordHash();
    const row = (nth: number) => [userId(nth), emailOf(nth), hash, `bench-${nth}`, 0];
    const into = "accounts (id, email, password_hash, verify_nonce, created_at)";
    await insert(target, "auth", into, seed.accounts, row);
  }
  await chats(target, seed.chats ?? []);
  await bulk(target, seed.bulk ?? 0);
}

async function insert(
  target: Target,
  service: "auth" | "users" | "chat",
  into: string,
  count: number,
  row: (nth: number) => (string | number | null)[],
): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => row(from + i));
    await target.run(service, `INSERT INTO ${into} VALUES ${rows.map(literal).join(",")}`);
  }
}
const literal = (row: (string | number | null)[]) =>
  `(${row.map((value) => (value === null ? "NULL" : `'${value}'`)).join(",")})`;

/** The id of the n-th message after the `from`-th. */
const idAfter = (from: number) => `((${from} + n) << 22) | 1`;
const rest = (from: number) =>
  `CONCAT('f', ${1_000_000_000 + from} + n), ${CONTENT}, ${FIRST_AT} + (${from} + n) * 1000`;

/** The n-th conversation has the id `otherId(n)`, and the messages follow each other. */
async function chats(target: Target, list: Chat[]): Promise<void> {
  let from = 0;
  const ends = list.map(({ messages }) => (from += messages));
  const into = "conversations (id, low_id, high_id, last_seq, last_message_id, last_message_at, revised_at)";
  await insert(target, "chat", into, list.length, (nth) => {
    const { first, second, messages } = list[nth] ?? { first: 0, second: 0, messages: 0 };
    const end = ends[nth] ?? 0;
    const ids = [otherId(nth), userId(Math.min(first, second)), userId(Math.max(first, second))];
    return [...ids, messages, otherId(end - 1), FIRST_AT + end * 1000, null];
  });
  await target.run("chat", "BEGIN");
  for (const [nth, { first, second, messages }] of list.entries()) {
    const before = (ends[nth] ?? 0) - messages;
    if (messages === 0) continue;
    const author = `CASE n % 2 WHEN 0 THEN ${userId(first)} ELSE ${userId(second)} END`;
    await target.run(
      "chat",
      `INSERT INTO messages (${COLUMNS}) SELECT ${otherId(nth)}, n, ${idAfter(before)}, ${author}, ${rest(before)}, n
      FROM ${target.series(messages)}`,
    );
  }
  await target.run("chat", "COMMIT");
}

/** In the order of every index, so that it takes minutes and not hours. */
async function bulk(target: Target, count: number): Promise<void> {
  const { div } = target;
  for (let from = 0; from < count; from += BULK_STEP) {
    const step = Math.min(BULK_STEP, count - from);
    const nth = `(${BULK_FROM + from} + n - 1)`;
    const chat = `(${nth} ${div} ${BULK_CHAT})`;
    const id = (number: string) => `((${number} + ${BULK_FROM}) << 22)`;
    await target.run(
      "chat",
      `INSERT INTO messages (${COLUMNS}) SELECT ${id(chat)} | 1, ${nth} % ${BULK_CHAT} + 1, (${nth} << 22) | 1,
      ${id(`2 * ${chat}`)}, ${rest(BULK_FROM + from - 1)}, ${nth} % ${BULK_CHAT} + 1 FROM ${target.series(step)}`,
    );
    await target.run(
      "chat",
      `INSERT INTO conversations (id, low_id, high_id, last_seq, last_message_id, last_message_at)
      SELECT ${id(chat)} | 1, ${id(`2 * ${chat}`)}, ${id(`2 * ${chat} + 1`)}, ${BULK_CHAT}, (${nth} << 22) | 1,
      ${FIRST_AT} + ${nth} * 1000 FROM ${target.series(step)} WHERE ${nth} % ${BULK_CHAT} = ${BULK_CHAT - 1}`,
    );
  }
}
