import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { binary } from "./binary.ts";
import { freePort, listening, run, running, type Running } from "./process.ts";

type Options = {
  /** Where the data is; made where it is not. */
  dir: string;
  port?: number;
  /** Password of the administrator `rewind_admin`; as the data was made with it, so it stays. */
  password: string;
  /** Flush at every commit. Without it a crash of the machine may lose the last second, and tests are faster. */
  durable: boolean;
};

const ADMIN = "rewind_admin";
const user = () => `--user=${userInfo().username}`;

/** Starts a private MariaDB on 127.0.0.1; `url` is its administrator's. */
export async function startMariadb({ dir, port: wanted, password, durable }: Options): Promise<Running> {
  if (!existsSync(join(dir, "mysql"))) makeData(dir);
  const port = wanted ?? (await freePort());
  const init = join(dir, "admin.sql");
  writeFileSync(init, adminSql(password), { mode: 0o600 });
  const flush = durable ? [] : ["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0"];
  const child = run(binary("mariadbd"), [
    ...["--no-defaults", user(), `--datadir=${dir}`, `--init-file=${init}`],
    ...[`--port=${port}`, "--bind-address=127.0.0.1", `--socket=${socketPath(port)}`, "--skip-name-resolve"],
    ...["--skip-log-bin", "--performance-schema=0", "--max-connections=500"],
    ...["--character-set-server=utf8mb4", "--innodb-buffer-pool-size=256M", ...flush],
  ]);
  await listening(child, port);
  return running(child, port, `mysql://${ADMIN}:${password}@127.0.0.1:${port}`);
}

/** Short: the path of a socket has 107 bytes at most. */
const socketPath = (port: number) => join(tmpdir(), `rewind-mariadb-${port}.sock`);

const adminSql = (password: string) =>
  [
    `CREATE USER IF NOT EXISTS '${ADMIN}'@'%' IDENTIFIED BY '${password}';`,
    `ALTER USER '${ADMIN}'@'%' IDENTIFIED BY '${password}';`,
    `GRANT ALL ON *.* TO '${ADMIN}'@'%' WITH GRANT OPTION;`,
    "",
  ].join("\n");

/** Fresh data, copied from a template that is made once. */
function makeData(dir: string): void {
  const template = join(tmpdir(), `rewind-mariadb-template-${userInfo().username}`);
  if (!existsSync(template)) {
    const making = mkdtempSync(`${template}-`);
    const options = ["--no-defaults", user(), `--datadir=${making}`, "--skip-test-db"];
    execFileSync(binary("mariadb-install-db"), options, { stdio: "ignore" });
    try {
      renameSync(making, template);
    } catch {
      rmSync(making, { recursive: true }); // another process was faster
    }
  }
  mkdirSync(dirname(dir), { recursive: true });
  cpSync(template, dir, { recursive: true });
}
