import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createConnection } from "mysql2/promise";

/** A process of a cluster, as the cluster's own list has it. */
export type Part = { name: string; pid: number; up: boolean; port?: number; url?: string };
export type Row = Record<string, unknown>;
type Owner = { readonly dataDir: string; tell(line: string): void };

const CHANGES_WITHIN_MS = 30_000;
export const SERVICES = ["auth", "mailer", "users", "friends", "chat"];
const SERVERS = ["nats", "mariadb"];
export const kindOf = (name: string) => name.replace(/-\d+$/, "");
export const schemaOf = (service: string) => `rewind_${service}`;

/** Everything that runs, servers included. What is being started again has no process at times: pid 0. */
export const partsIn = (dataDir: string): Part[] => {
  const list = JSON.parse(readFileSync(join(dataDir, "cluster.json"), "utf8")) as Partial<Part>[];
  return list.map((part) => ({ name: "", pid: 0, up: false, ...part }));
};

export const until = async (what: string, holds: () => unknown, ms = CHANGES_WITHIN_MS): Promise<void> => {
  const deadline = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms} ms`);
    await pause(50);
  }
};

/** Runs SQL as the administrator of a database. */
export const query = async (adminUrl: string, schema: string, sql: string): Promise<Row[]> => {
  const connection = await createConnection({ uri: adminUrl, database: schema, supportBigNumbers: true });
  try {
    const [rows] = await connection.query(sql);
    return Array.isArray(rows) ? (rows as Row[]) : [];
  } finally {
    connection.destroy();
  }
};

export type Cluster = {
  /** The processes of our own: no NATS, no MariaDB. */
  processes(): Part[];
  /** A process or a server by its name: `chat-1`, `nats`. */
  part(name: string): Part;
  /** Starts one more process of a kind; resolves when it works. */
  add(kind: string): Promise<Part>;
  /** Stops a process for good, as its operator does; resolves when it has ended. */
  remove(name: string): Promise<void>;
  /** Runs SQL on a service's own schema, as the administrator. */
  sql(service: string, statement: string): Promise<Row[]>;
};

/** What an operator can do to a running cluster. `adminUrl` where the cluster was told of a database by MYSQL_URL. */
export const clusterOf = (server: Owner, adminUrl?: string): Cluster => {
  const all = () => partsIn(server.dataDir);
  const named = (name: string) => all().find((part) => part.name === name);
  const part = (name: string) => {
    const found = named(name);
    if (!found) throw new Error(`there is no ${name}, but ${all().map((it) => it.name)}`);
    return found;
  };
  return {
    part,
    processes: () => all().filter(({ name }) => !SERVERS.includes(name)),
    async add(kind) {
      const known = new Set(all().map(({ name }) => name));
      const added = () => all().find(({ name, up }) => up && kindOf(name) === kind && !known.has(name));
      server.tell(`add ${kind}`);
      await until(`one more ${kind}`, added);
      return added() ?? part(kind);
    },
    async remove(name) {
      server.tell(`remove ${name}`);
      await until(`${name} gone`, () => !named(name));
    },
    sql: (service, statement) => query(adminUrl ?? part("mariadb").url ?? "", schemaOf(service), statement),
  };
};
