import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createConnection, type Connection } from "mysql2/promise";
import { startMariadb } from "../../scripts/servers/mariadb.ts";
import { startNats } from "../../scripts/servers/nats.ts";
import type { Proc } from "../processes.ts";
import { say } from "../say.ts";
import type { Target } from "./fill.ts";
import type { Start } from "./system.ts";

/** The servers that relay and cluster stand on: of each kind one, and the same for both. */
export type Servers = { natsUrl: string; adminUrl: string; processes: Proc[] };

const optionsOf = ({ dir }: Start, name: string) => ({
  ...{ dir: join(dir, name), log: join(dir, `${name}.log`) },
  ...{ password: randomBytes(18).toString("hex"), dieWithParent: true },
});

/** It flushes at each commit, as in production. */
export async function startDatabase(from: Start): Promise<{ adminUrl: string; process: Proc }> {
  const mariadb = await startMariadb({ ...optionsOf(from, "mariadb"), durable: true });
  from.undone.add(() => mariadb.stop());
  return { adminUrl: mariadb.url, process: { name: "mariadbd", pid: mariadb.pid } };
}

export async function startServers(from: Start): Promise<Servers> {
  const nats = await startNats(optionsOf(from, "nats"));
  from.undone.add(() => nats.stop());
  const { adminUrl, process } = await startDatabase(from);
  return { natsUrl: nats.url, adminUrl, processes: [{ name: "nats-server", pid: nats.pid }, process] };
}

/** The system is running, and writes a little. */
const FEW_PAGES = 200;
const FLUSHED_WITHIN_MS = 120_000;

/** Resolves when what was filled in is on disk, so that this is no work for who is measured. */
async function flushed(connection: Connection): Promise<void> {
  const deadline = Date.now() + FLUSHED_WITHIN_MS;
  const dirty = async () => {
    const [rows] = await connection.query("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'");
    return Number((rows as { Value: string }[])[0]?.Value ?? 0);
  };
  await connection.query("SET GLOBAL innodb_max_dirty_pages_pct = 0");
  while ((await dirty()) > FEW_PAGES && Date.now() < deadline) await pause(200);
  await connection.query("SET GLOBAL innodb_max_dirty_pages_pct = DEFAULT");
}

/** Fills schemas of MariaDB. */
export async function filling(adminUrl: string, work: (target: Target) => Promise<void>): Promise<void> {
  const connection = await createConnection({ uri: adminUrl });
  try {
    const [rows] = await connection.query("SELECT @@innodb_buffer_pool_size / 1048576 AS mib");
    say(`  MariaDB's buffer pool: ${Number((rows as { mib: string }[])[0]?.mib)} MiB`);
    await work({
      async run(service, sql) {
        await connection.query(`USE rewind_${service}`);
        await connection.query(sql);
      },
      series: (count) => `(SELECT seq AS n FROM seq_1_to_${count}) numbers`,
      div: "DIV",
    });
    await flushed(connection);
  } finally {
    connection.destroy();
  }
}
