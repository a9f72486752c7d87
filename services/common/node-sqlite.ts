import { createRequire } from "node:module";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Knex } from "knex";

/** A knex dialect over Node's own SQLite: knex's SQLite SQL, no native module. */
type Prepared = { statement: StatementSync; returnsRows: boolean };
type Connection = { db: DatabaseSync; statements: Map<string, Prepared> };
type Query = { sql: string; bindings?: unknown[]; response?: unknown; context?: unknown };

const MAX_STATEMENTS = 200;
const NOT_KEPT = /^\s*(create|drop|alter|pragma|begin|commit|rollback|savepoint|release)/i;
/** WAL with synchronous=FULL: a commit has been flushed when it returns. EXCLUSIVE: one process a file. */
const PRAGMAS = [
  "locking_mode=EXCLUSIVE",
  "journal_mode=WAL",
  "synchronous=FULL",
  "foreign_keys=ON",
  "secure_delete=ON",
];

const Base = createRequire(import.meta.url)("knex/lib/dialects/sqlite3/index.js") as typeof Knex.Client;

export class NodeSqliteClient extends Base {
  _driver() {
    return { DatabaseSync };
  }

  override async acquireRawConnection(): Promise<Connection> {
    const { filename } = this.connectionSettings as { filename: string };
    const db = new DatabaseSync(filename);
    for (const pragma of PRAGMAS) db.exec(`PRAGMA ${pragma}`);
    db.exec("BEGIN EXCLUSIVE; COMMIT"); // takes the file now, so that a second process fails at start
    return { db, statements: new Map() };
  }

  override async destroyRawConnection({ db, statements }: Connection) {
    statements.clear();
    db.close();
  }

  async _query(connection: Connection, query: Query) {
    const { statement, returnsRows } = prepare(connection, query.sql);
    const bindings = (query.bindings ?? []).map(toSql);
    if (returnsRows) {
      query.response = statement.all(...bindings).map(fromRow);
      return query;
    }
    const { lastInsertRowid, changes } = runOrUndo(connection, statement, bindings);
    query.context = { lastID: fromInteger(lastInsertRowid), changes: Number(changes) };
    query.response = query.context;
    return query;
  }
}
Object.assign(NodeSqliteClient.prototype, { dialect: "sqlite3", driverName: "node-sqlite" });

/** A commit that fails leaves its transaction open: it is undone, or nothing else could begin. */
function runOrUndo({ db }: Connection, statement: StatementSync, bindings: SQLInputValue[]) {
  try {
    return statement.run(...bindings);
  } catch (error) {
    if (/^\s*commit/i.test(statement.sourceSQL) && db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function prepare({ db, statements }: Connection, sql: string): Prepared {
  const kept = statements.get(sql);
  if (kept) return kept;
  const statement = db.prepare(sql);
  statement.setReadBigInts(true); // ids have 63 bits
  const prepared = { statement, returnsRows: statement.columns().length > 0 };
  if (NOT_KEPT.test(sql)) return prepared;
  if (statements.size >= MAX_STATEMENTS) statements.clear();
  statements.set(sql, prepared);
  return prepared;
}

function toSql(binding: unknown): SQLInputValue {
  if (binding === undefined || binding === null) return null;
  if (typeof binding === "boolean") return binding ? 1 : 0;
  if (binding instanceof Date) return binding.valueOf();
  return binding as SQLInputValue;
}

/** As mysql2 with `supportBigNumbers`: safe integers are numbers, larger ones decimal strings. */
const fromInteger = (value: number | bigint) =>
  typeof value === "bigint" && BigInt(Number(value)) === value && Number.isSafeInteger(Number(value))
    ? Number(value)
    : String(value);

const fromRow = (row: Record<string, unknown>) => {
  for (const [column, value] of Object.entries(row))
    if (typeof value === "bigint") row[column] = fromInteger(value);
  return { ...row };
};
