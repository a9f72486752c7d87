import { callbackify } from "node:util";
import { mkdirSync } from "node:fs";
import type { Duplex } from "node:stream";
import { join } from "node:path";
import knex, { type Knex } from "knex";
import type { Connection as RawConnection } from "mysql2";
import type { Connection } from "mysql2/promise";
import type { Config } from "./config.ts";
import { fault, isFault, typeOf } from "./errors.ts";
import { failpoint, isArmed, type Failpoint } from "./failpoints.ts";
import { NodeSqliteClient } from "./node-sqlite.ts";
import { traceQueries, type Trace } from "./trace.ts";

/**
 * A service's own store. This file is the only one that names an SQL dialect: repositories speak knex.
 * Columns are snake_case in the store and camelCase in code; ids are decimal strings in code.
 */
export type Store = {
  knex: Knex;
  /**
   * Runs `work` in one transaction, again where the database broke a deadlock with it. After this resolves, what it
   * wrote is on disk. It rejects with `work`'s own fault, UNAVAILABLE (the database cannot be reached: nothing was
   * changed), FAILED (rolled back: nothing was changed) or UNKNOWN (the commit itself failed).
   */
  transaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  /**
   * A transaction in two steps, each of which is one round trip to the database: `reads` at its start; then what `decide`
   * makes of their rows is written and committed. It resolves and rejects as `transaction` does. `decide` may run again.
   */
  decided<T>(reads: Knex.QueryBuilder[], decide: Decide<T>, beforeCommit: Failpoint): Promise<T>;
  /**
   * Adds to a query of rows that it locks them, and leaves out those that another process has locked. Where there are no
   * other processes it finds them all.
   */
  lockFree(query: Knex.QueryBuilder): Knex.QueryBuilder;
  /** How many connections are at work, at rest, and asked for in vain so far. */
  pool(): { used: number; idle: number; waiting: number };
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
};
/** `rows` of each read, in their order. */
export type Decide<T> = (rows: unknown[][]) => { writes: Knex.QueryBuilder[]; result: T };
export type StoreConfig = Pick<Config, "dataDir" | "mysqlUrl" | "mysqlPrefix">;

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const isId = (column: string) => column === "id" || column.endsWith("_id");

type Row = Record<string, unknown>;
const entity = (row: Row): Row => {
  const result: Row = {};
  for (const [column, value] of Object.entries(row))
    result[camel(column)] = isId(column) && value !== null ? String(value) : value;
  return result;
};
const isRow = (value: unknown): value is Row => typeof value === "object" && value !== null;
const entities = (response: unknown): unknown => {
  if (Array.isArray(response)) return response.map(entities);
  return isRow(response) ? entity(response) : response;
};

const shared = {
  // knex also asks for the name of an unnamed constraint: it has none to change
  wrapIdentifier: (name: string, wrap: (name: string) => string) => wrap(name && snake(name)),
  postProcessResponse: entities,
  acquireConnectionTimeout: 2_500,
  compileSqlOnError: false, // values are not for the log
  log: { warn() {}, error() {} }, // what knex logs it also throws
} satisfies Knex.Config;

const migrations = (service: string): Knex.MigratorConfig => ({
  directory: join(import.meta.dirname, "../../migrations", service),
  loadExtensions: [".ts"],
});

/** Opens the store of a service and brings its schema up to date. */
export async function openStore(service: string, config: StoreConfig, trace?: Trace): Promise<Store> {
  const { mysqlUrl } = config;
  const db = knex({
    ...(mysqlUrl === undefined ? embedded(service, config) : await remote(service, mysqlUrl, config)),
    ...shared,
    migrations: migrations(service),
  });
  const steps =
    mysqlUrl === undefined
      ? undefined
      : knex({ ...stepping(mysqlUrl, schemaOf(service, config)), ...shared });
  if (trace) traceQueries(db, trace);
  try {
    if (mysqlUrl === undefined) await db.migrate.latest();
    else await migrateLocked(db, mysqlUrl, schemaOf(service, config));
  } catch (error) {
    await db.destroy();
    throw isLocked(error) ? new Error(`the data in ${config.dataDir} is in use by another process`) : error;
  }
  return {
    knex: db,
    transaction: (work) => retryDeadlocks(() => transact(db, work)),
    decided: (...plan) => retryDeadlocks(() => (steps ? inTwoSteps(steps, ...plan) : inOneGo(db, ...plan))),
    lockFree: (query) => (mysqlUrl === undefined ? query : query.forUpdate().skipLocked()),
    pool: () => poolOf(db),
    ping: async () => void (await db.select(1)),
    close: async () => void (await Promise.all([db.destroy(), steps?.destroy()])),
  };
}

type Pool = { numUsed(): number; numFree(): number; numPendingAcquires(): number };
function poolOf({ client }: Knex) {
  const { pool } = client as { pool: Pool };
  return { used: pool.numUsed(), idle: pool.numFree(), waiting: pool.numPendingAcquires() };
}

function embedded(service: string, { dataDir }: StoreConfig): Knex.Config {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return {
    client: NodeSqliteClient as typeof Knex.Client,
    connection: { filename: join(dataDir, `${service}.sqlite`) },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  };
}

const POOL = 10;
const STEPPERS = 4;
const STATEMENT_MS = 5_000;
/**
 * BIGINTs above 2^53 come as text. UTC, utf8mb4 (the driver's default: said here, knex would write it on each table, and
 * with it a collation other than the schema's).
 */
const MYSQL = { supportBigNumbers: true, timezone: "Z", connectTimeout: 2_000 };
/**
 * Reads see what was last committed. Nobody waits long for a row that a process holds which was frozen or cut off, and
 * MariaDB ends such a process's transaction.
 */
const SESSION = [
  "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
  "SET SESSION innodb_lock_wait_timeout = 1",
  "SET SESSION /*M! idle_transaction_timeout = 5, */ time_zone = '+00:00'",
];
const schemaOf = (service: string, { mysqlPrefix }: StoreConfig) => `${mysqlPrefix}${service}`;

async function remote(service: string, uri: string, config: StoreConfig): Promise<Knex.Config> {
  const database = schemaOf(service, config);
  await createSchema(uri, database);
  return { client: "mysql2", connection: { ...MYSQL, uri, database }, pool: poolOfMost(POOL) };
}

/** Connections for `decided` alone: only there may one query hold several statements. */
const stepping = (uri: string, database: string): Knex.Config => ({
  client: "mysql2",
  connection: { ...MYSQL, uri, database, multipleStatements: true },
  pool: poolOfMost(STEPPERS),
});

const poolOfMost = (max: number): Knex.PoolConfig => ({
  min: 0,
  max,
  afterCreate: (connection: RawConnection, done: (error: unknown, connection: unknown) => void) =>
    callbackify(prepare)(connection, (error) => done(error, connection)),
});

async function prepare(connection: RawConnection): Promise<void> {
  bound(connection);
  for (const sql of SESSION) await connection.promise().query(sql);
}

/** A database that is frozen answers nothing: its connection is given up, and what waits on it fails. */
function bound(connection: RawConnection): void {
  const query = connection.query.bind(connection) as (...args: unknown[]) => NodeJS.EventEmitter;
  const { stream } = connection as unknown as { stream: Duplex };
  const bounded = (...args: unknown[]) => {
    const timer = setTimeout(() => stream.destroy(), STATEMENT_MS).unref();
    return query(...args).once("end", () => clearTimeout(timer));
  };
  Object.assign(connection, { query: bounded });
}

async function withConnection<T>(uri: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const { createConnection } = await import("mysql2/promise"); // not loaded in the embedded shape
  const connection = await createConnection({ ...MYSQL, uri });
  try {
    return await work(connection);
  } finally {
    connection.destroy();
  }
}

/**
 * Makes the schema where this database user may; where it may not, it is there or the first query says so. Texts are
 * equal where they are the same to the last bit, spaces at the end included.
 */
const createSchema = (uri: string, schema: string) =>
  withConnection(uri, async (connection) => {
    const [rows] = await connection.query("SELECT VERSION() AS version");
    const isMariaDb = String((rows as { version: string }[])[0]?.version).includes("MariaDB");
    const collation = isMariaDb ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
    const sql = `CREATE DATABASE IF NOT EXISTS \`${schema}\` CHARACTER SET utf8mb4 COLLATE ${collation}`;
    await connection.query(sql).catch((error: unknown) => {
      if (!isDenied(error)) throw error;
    });
  });

/** Of all processes that start at once one migrates; the others wait for it, and find it done. */
const migrateLocked = (db: Knex, uri: string, schema: string) =>
  withConnection(uri, async (connection) => {
    await connection.query("SELECT GET_LOCK(?, 60)", [`${schema}.migrate`]);
    await db.migrate.forceFreeMigrationsLock(); // knex's own lock outlives a process that is killed, ours does not
    await db.migrate.latest();
  });

/** The administrator's part: a schema for a service, and a database user with rights on it alone. */
export const grantSchema = (uri: string, service: string, password: string, config: StoreConfig) =>
  withConnection(uri, async (connection) => {
    const schema = schemaOf(service, config);
    await createSchema(uri, schema);
    await connection.query("CREATE USER IF NOT EXISTS ?@'%' IDENTIFIED BY ?", [schema, password]);
    await connection.query("ALTER USER ?@'%' IDENTIFIED BY ?", [schema, password]);
    await connection.query(`GRANT ALL PRIVILEGES ON \`${schema.replaceAll("_", "\\_")}\`.* TO ?@'%'`, [
      schema,
    ]);
  });

async function transact<T>(db: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  let worked = false;
  try {
    return await db.transaction(async (trx) => {
      const result = await work(trx);
      worked = true;
      return result;
    });
  } catch (error) {
    if (typeOf(error) !== undefined || isDuplicate(error) || isDeadlock(error)) throw error;
    const outcome = worked ? fault("UNKNOWN") : storeFault(error);
    outcome.cause = error;
    throw outcome;
  }
}

const inOneGo = <T>(db: Knex, reads: Knex.QueryBuilder[], decide: Decide<T>, beforeCommit: Failpoint) =>
  transact(db, async (trx) => {
    const rows: unknown[][] = [];
    for (const read of reads) rows.push((await read.clone().transacting(trx)) as unknown[]);
    const { writes, result } = decide(rows);
    for (const write of writes) await write.transacting(trx);
    await failpoint(beforeCommit);
    return result;
  });

/** The same where each statement would be a round trip: the server runs several, and stops at the first that fails. */
async function inTwoSteps<T>(
  db: Knex,
  reads: Knex.QueryBuilder[],
  decide: Decide<T>,
  beforeCommit: Failpoint,
): Promise<T> {
  const client = db.client as Knex.Client;
  const connection = await acquired(client);
  let mayBeDone = false;
  try {
    const [, ...rows] = await runTogether(connection, ["START TRANSACTION", ...reads]);
    const { writes, result } = decide(rows.map((some) => entities(some) as unknown[]));
    const splits = isArmed(beforeCommit);
    if (splits && writes.length > 0) await runTogether(connection, writes);
    if (splits) await failpoint(beforeCommit);
    mayBeDone = true;
    await runTogether(connection, [...(splits ? [] : writes), "COMMIT"]);
    return result;
  } catch (error) {
    if (hasAnswered(error)) await undo(connection);
    else connection.destroy(); // the pool sees that
    if (typeOf(error) !== undefined || isDuplicate(error) || isDeadlock(error)) throw error;
    const isUnknown = mayBeDone && !hasAnswered(error);
    throw Object.assign(isUnknown ? fault("UNKNOWN") : storeFault(error), { cause: error });
  } finally {
    await client.releaseConnection(connection);
  }
}

async function acquired(client: Knex.Client): Promise<RawConnection> {
  try {
    return (await client.acquireConnection()) as RawConnection;
  } catch (error) {
    throw Object.assign(storeFault(error), { cause: error });
  }
}

/** @returns what each statement came to: rows, where it reads */
async function runTogether(
  connection: RawConnection,
  statements: (string | Knex.QueryBuilder)[],
): Promise<unknown[]> {
  const texts: string[] = [];
  const bindings: unknown[] = [];
  for (const statement of statements) {
    const { sql, bindings: own } =
      typeof statement === "string" ? { sql: statement, bindings: [] } : statement.toSQL().toNative();
    texts.push(sql);
    bindings.push(...own);
  }
  const results = await query(connection, texts.join("; "), bindings);
  return texts.length === 1 ? [results] : (results as unknown[]);
}

/** The driver's own promises make a stack trace for each query. */
const query = (connection: RawConnection, sql: string, bindings: unknown[] = []) =>
  new Promise<unknown>((resolve, reject) => {
    connection.query(sql, bindings, (error, results) => (error ? reject(error) : resolve(results)));
  });

/** Whether the database itself refused, and goes on: nothing of the transaction is committed, unless at COMMIT. */
const hasAnswered = (error: unknown) =>
  typeOf(error) !== undefined || (/^ER_/.test(codeOf(error)) && !NO_ANSWER.has(codeOf(error)));
const NO_ANSWER = new Set(["ER_ERROR_DURING_COMMIT", "ER_SERVER_SHUTDOWN", "ER_CONNECTION_KILLED"]);

const undo = (connection: RawConnection) => query(connection, "ROLLBACK").catch(() => connection.destroy());

const DEADLOCK_RETRIES = 5;
async function retryDeadlocks<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isDeadlock(error) || tries === DEADLOCK_RETRIES) throw error;
    }
  }
}

type SqlError = { code?: string; errcode?: number; name?: string };
const codeOf = (error: unknown) => ((error ?? {}) as SqlError).code ?? "";
const sqliteCodeOf = (error: unknown) => ((error ?? {}) as SqlError).errcode ?? 0;

/** SQLITE_CONSTRAINT_UNIQUE and SQLITE_CONSTRAINT_PRIMARYKEY. */
const SQLITE_DUPLICATE = new Set([2067, 1555]);
/** Whether an insert or update met a row with the same unique key. */
export const isDuplicate = (error: unknown): boolean =>
  codeOf(error) === "ER_DUP_ENTRY" || SQLITE_DUPLICATE.has(sqliteCodeOf(error));

const SQLITE_BUSY = 5;
const isLocked = (error: unknown) => sqliteCodeOf(error) === SQLITE_BUSY;
const isDenied = (error: unknown) => /^ER_(DB|TABLE|SPECIFIC)?ACCESS_DENIED/.test(codeOf(error));
const isDeadlock = (error: unknown) => ["ER_LOCK_DEADLOCK", "ER_CHECKREAD"].includes(codeOf(error));

const UNREACHABLE =
  /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENOTFOUND|PROTOCOL_CONNECTION_LOST|ER_SERVER_SHUTDOWN|ER_CON_COUNT_ERROR|ER_LOCK_WAIT_TIMEOUT)$/;
/** The driver's word, which has no code, for a connection that was lost before the statement. */
const CLOSED = /connection is in closed state/;
const isUnreachable = (error: unknown) =>
  UNREACHABLE.test(codeOf(error)) ||
  (error instanceof Error && (error.name === "KnexTimeoutError" || CLOSED.test(error.message)));

/** The database may have done what it could not answer. */
const isCutOff = (error: unknown) => /^(ECONNRESET|EPIPE|PROTOCOL_CONNECTION_LOST)$/.test(codeOf(error));

/** What an error of a statement outside a transaction means to who asked. */
export const statementFault = (error: unknown) => (isCutOff(error) ? fault("UNKNOWN") : storeFault(error));

/** What an error of the database means to who asked, where nothing was committed. */
export const storeFault = (error: unknown) =>
  isFault(error) ? error : isUnreachable(error) ? fault("UNAVAILABLE") : fault("FAILED");
