import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { startMariadb } from "../../scripts/servers/mariadb.ts";
import { startNats } from "../../scripts/servers/nats.ts";
import type { Proc } from "../processes.ts";
import type { Target } from "./fill.ts";
import type { Start } from "./system.ts";

/** The servers that relay and cluster stand on: of each kind one, and the same for both. */
export type Servers = { natsUrl: string; adminUrl: string; processes: Proc[] };

/** MariaDB flushes at each commit, as in production. */
export async function startServers({ dir, undone }: Start): Promise<Servers> {
  const options = (name: string) => ({
    ...{ dir: join(dir, name), log: join(dir, `${name}.log`) },
    ...{ password: randomBytes(18).toString("hex"), dieWithParent: true },
  });
  const nats = await startNats(options("nats"));
  undone.add(() => nats.stop());
  const mariadb = await startMariadb({ ...options("mariadb"), durable: true });
  undone.add(() => mariadb.stop());
  const processes = [
    { name: "nats-server", pid: nats.pid },
    { name: "mariadbd", pid: mariadb.pid },
  ];
  return { natsUrl: nats.url, adminUrl: mariadb.url, processes };
}

/** Fills schemas of MariaDB. */
export async function filling(adminUrl: string, work: (target: Target) => Promise<void>): Promise<void> {
  const connection = await createConnection({ uri: adminUrl });
  try {
    await work({
      async run(service, sql) {
        await connection.query(`USE rewind_${service}`);
        await connection.query(sql);
      },
      series: (count) => `(SELECT seq AS n FROM seq_1_to_${count}) numbers`,
      div: "DIV",
    });
  } finally {
    connection.destroy();
  }
}
