import { randomBytes } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { findPrograms } from "./find.ts";
import { freePort } from "./ports.ts";
import { outputOf, startServer, type Command, type Started } from "./spawn.ts";

const IMAGE = "mariadb:10.11.14";
const CACHE = join(import.meta.dirname, "../../node_modules/.cache/rewind");

export type MariadbOptions = {
  dir: string;
  port: number;
  /** Of `root`, over TCP on this machine. */
  password: string;
  /** Whether what is committed is on disk. Only a test that kills no database does without. */
  durable: boolean;
};

export const mariadbUrl = ({ port, password }: Pick<MariadbOptions, "port" | "password">) =>
  `mysql://root:${password}@127.0.0.1:${port}`;

const COMMON = [
  "--character-set-server=utf8mb4",
  "--collation-server=utf8mb4_bin",
  "--max-connections=500",
  "--innodb-log-file-size=48M",
  "--skip-name-resolve",
  "--skip-log-bin",
  "--performance-schema=0",
];
const FLUSH = ["--innodb-flush-log-at-trx-commit=1", "--innodb-doublewrite=1"];
const NO_FLUSH = [
  "--innodb-flush-log-at-trx-commit=0",
  "--innodb-doublewrite=0",
  "--innodb-flush-method=nosync",
];
/** A server that runs as root wants to be told so. */
const asUser = process.getuid?.() === 0 ? ["--user=root"] : [];

/** An empty database, made once for each version of the server (1.7 s) and copied from then on (0.1 s). */
function template(server: string, installer: string): string {
  const version = /\d+(\.\d+)+/.exec(outputOf(server, ["--no-defaults", "--version"]))?.[0] ?? "unknown";
  const made = join(CACHE, `mariadb-${version}`);
  if (existsSync(made)) return made;
  const making = `${made}.${process.pid}`;
  mkdirSync(making, { recursive: true, mode: 0o700 });
  const auth = ["--auth-root-authentication-method=socket", `--auth-root-socket-user=${userInfo().username}`];
  const small = ["--skip-test-db", "--innodb-log-file-size=48M", ...asUser];
  outputOf(installer, ["--no-defaults", `--datadir=${making}`, ...auth, ...small]);
  try {
    renameSync(making, made);
  } catch {
    rmSync(making, { recursive: true }); // another process was faster
  }
  return made;
}

/** Read by the server at every start, before it lets anyone in. */
const rootOverTcp = (password: string) =>
  [
    `CREATE USER IF NOT EXISTS 'root'@'127.0.0.1';`,
    `ALTER USER 'root'@'127.0.0.1' IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;`,
    "",
  ].join("\n");

/** A MariaDB on 127.0.0.1 alone, with its data in `dir`: made there when there are none. */
export function mariadbCommand({ dir, port, password, durable }: MariadbOptions): Command {
  const data = join(dir, "data");
  const programs = findPrograms("mariadb-server", ["mariadbd", "mariadb-install-db"]);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const flags = [...COMMON, ...(durable ? FLUSH : NO_FLUSH)];
  if (!programs) return inDocker(data, port, password, flags);
  const [server = "", installer = ""] = programs;
  if (!existsSync(data)) {
    cpSync(template(server, installer), `${data}.new`, { recursive: true });
    renameSync(`${data}.new`, data);
  }
  chmodSync(data, 0o700);
  const init = join(dir, "root.sql");
  writeFileSync(init, rootOverTcp(password), { mode: 0o600 });
  const socket = `--socket=${join(dir, "sock")}`;
  const place = [`--datadir=${data}`, `--port=${port}`, socket, "--bind-address=127.0.0.1"];
  return { file: server, args: ["--no-defaults", ...place, `--init-file=${init}`, ...asUser, ...flags] };
}

function inDocker(data: string, port: number, password: string, flags: string[]): Command {
  const container = `rewind-mariadb-${port}`;
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const user = ["--user", `${process.getuid?.()}:${process.getgid?.()}`];
  const place = ["--publish", `127.0.0.1:${port}:3306`, "--volume", `${data}:/var/lib/mysql`];
  const run = ["run", "--rm", "--name", container, ...user, ...place, "--env", "MARIADB_ROOT_PASSWORD"];
  const env = { MARIADB_ROOT_PASSWORD: password };
  return { file: "docker", args: [...run, IMAGE, ...flags], env, container };
}

export type Mariadb = Started & { url: string; port: number };

/** Starts a private MariaDB; `url` is that of its administrator. `dir` is the caller's to remove. */
export async function startMariadb(
  given: Pick<MariadbOptions, "dir" | "durable"> & Partial<MariadbOptions>,
): Promise<Mariadb> {
  const password = given.password ?? randomBytes(18).toString("base64url");
  const port = given.port ?? (await freePort());
  const server = await startServer(mariadbCommand({ ...given, password, port }), port);
  return { ...server, url: mariadbUrl({ port, password }), port };
}
