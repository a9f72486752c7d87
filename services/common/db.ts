import { mkdirSync } from "node:fs";
import { join } from "node:path";
import knex, { type Knex } from "knex";
import { typeOf, fault } from "./errors.ts";
import { NodeSqliteClient } from "./node-sqlite.ts";

/**
 * A service's own store. This file is the only one that names an SQL dialect: repositories speak knex.
 * Columns are snake_case in the store and camelCase in code; ids are decimal strings in code.
 */
export type Store = {
  knex: Knex;
  /**
   * Runs `work` in one transaction. After this resolves, what it wrote is on disk. It rejects with `work`'s own
   * fault, FAILED (rolled back: nothing was changed) or UNKNOWN (the commit itself failed).
   */
  transaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

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
} satisfies Knex.Config;

const migrations = (service: string): Knex.MigratorConfig => ({
  directory: join(import.meta.dirname, "../../migrations", service),
  loadExtensions: [".ts"],
});

function embedded(service: string, dataDir: string): Knex.Config {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return {
    client: NodeSqliteClient as typeof Knex.Client,
    connection: { filename: join(dataDir, `${service}.sqlite`) },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  };
}

/** Opens the store of a service and brings its schema up to date. */
export async function openStore(service: string, dataDir: string): Promise<Store> {
  const db = knex({ ...embedded(service, dataDir), ...shared, migrations: migrations(service) });
  try {
    await db.migrate.latest();
  } catch (error) {
    await db.destroy();
    throw isLocked(error) ? new Error(`the data in ${dataDir} is in use by another process`) : error;
  }
  return { knex: db, transaction: (work) => transact(db, work), close: () => db.destroy() };
}

async function transact<T>(db: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  let worked = false;
  try {
    return await db.transaction(async (trx) => {
      const result = await work(trx);
      worked = true;
      return result;
    });
  } catch (error) {
    if (typeOf(error) !== undefined || isDuplicate(error)) throw error;
    const outcome = fault(worked ? "UNKNOWN" : "FAILED");
    outcome.cause = error;
    throw outcome;
  }
}

type SqlError = { code?: string; errcode?: number; message?: string };
/** Whether an insert or update met a row with the same unique key. */
export const isDuplicate = (error: unknown): boolean => {
  const { code, errcode } = (error ?? {}) as SqlError;
  return code === "ER_DUP_ENTRY" || (errcode !== undefined && SQLITE_DUPLICATE.has(errcode));
};
/** SQLITE_CONSTRAINT_UNIQUE and SQLITE_CONSTRAINT_PRIMARYKEY. */
const SQLITE_DUPLICATE = new Set([2067, 1555]);
const SQLITE_BUSY = 5;
const isLocked = (error: unknown) => ((error ?? {}) as SqlError).errcode === SQLITE_BUSY;
