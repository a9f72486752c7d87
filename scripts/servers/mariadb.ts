import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { IMAGES, runContainer, type Docker } from "./docker.ts";
import { start, type Running } from "./process.ts";
import { find, provide, type Machine } from "./provide.ts";

type Options = {
  /** Where the data is; made where it is not. */
  dir: string;
  port?: number;
  /** Password of the administrator `rewind_admin`; each start sets it. */
  password: string;
  /** Flush at every commit. Without it a crash of the machine may lose the last second, and tests are faster. */
  durable: boolean;
  log?: string;
  /** Ended by the kernel when this process dies. */
  dieWithParent?: boolean;
  machine?: Machine;
};

const ADMIN = "rewind_admin";
const user = () => `--user=${userInfo().username}`;

/** Starts a private MariaDB on 127.0.0.1; `url` is its administrator's, and nobody else may log in over TCP. */
export async function startMariadb(options: Options): Promise<Running> {
  const { dir, password, port: wanted, machine } = options;
  const url = (port: number) => `mysql://${ADMIN}:${encodeURIComponent(password)}@127.0.0.1:${port}`;
  return provide(
    "mariadbd",
    (file) => {
      if (!existsSync(join(dir, "mysql"))) makeData(file, dir);
      const { log = join(dir, "mariadb.log"), dieWithParent = false } = options;
      const args = (port: number) => [
        ...["--no-defaults", user(), `--datadir=${dir}`, `--init-file=${adminFile(dir, password)}`],
        ...[`--port=${port}`, "--bind-address=127.0.0.1", "--socket=mariadb.sock"],
        ...settings(options),
      ];
      return start({ file, args, ready: /ready for connections/, log, url, dieWithParent }, wanted);
    },
    (docker) => runContainer(docker, container(docker, options), { inside: 3306, port: wanted }, url),
    machine,
  );
}

const settings = ({ durable }: Options) => [
  ...["--skip-name-resolve", "--skip-log-bin", "--performance-schema=0", "--max-connections=500"],
  ...["--character-set-server=utf8mb4", "--innodb-buffer-pool-size=256M"],
  `--innodb-flush-log-at-trx-commit=${durable ? 1 : 2}`,
  `--innodb-doublewrite=${durable ? 1 : 0}`,
];

function container(docker: Docker, options: Options) {
  const { dir, password } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { uid, gid } = userInfo();
  return docker
    .container(IMAGES.mariadb)
    .withUser(`${uid}:${gid}`) // the data is ours
    .withBindMounts([{ source: dir, target: "/var/lib/mysql" }])
    .withCopyContentToContainer([{ content: adminSql(password), target: "/admin.sql" }])
    .withEnvironment({ MARIADB_RANDOM_ROOT_PASSWORD: "yes" })
    .withCommand(["--init-file=/admin.sql", ...settings(options)])
    .withWaitStrategy(docker.whenSaid(/port: 3306/));
}

function adminFile(dir: string, password: string): string {
  const file = join(dir, "admin.sql");
  writeFileSync(file, adminSql(password), { mode: 0o600 });
  return file;
}

const quoted = (text: string) => `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
const adminSql = (password: string) =>
  [
    `CREATE USER IF NOT EXISTS '${ADMIN}'@'%' IDENTIFIED BY ${quoted(password)};`,
    `ALTER USER '${ADMIN}'@'%' IDENTIFIED BY ${quoted(password)};`,
    `GRANT ALL ON *.* TO '${ADMIN}'@'%' WITH GRANT OPTION;`,
    "",
  ].join("\n");

/** Fresh data, copied from a template of this version that is made once. It is there whole or not at all. */
function makeData(file: string, dir: string): void {
  const template = join(tmpdir(), `rewind-mariadb-${userInfo().uid}-${versionOf(file)}`);
  const source = isOurs(template) ? template : makeTemplate(template);
  const half = `${dir}.new`;
  mkdirSync(dirname(dir), { recursive: true, mode: 0o700 });
  rmSync(half, { recursive: true, force: true });
  cpSync(source, half, { recursive: true });
  chmodSync(half, 0o700);
  renameSync(half, dir); // onto nothing, or an empty folder
  if (source !== template) rmSync(source, { recursive: true });
}

/** @returns where the template is: elsewhere where its place is taken */
function makeTemplate(template: string): string {
  const making = mkdtempSync(`${template}-`);
  const installer = find("mariadb-install-db");
  if (installer === undefined) throw new Error("mariadb-install-db is needed on PATH");
  const authentication = "--auth-root-authentication-method=socket";
  execFileSync(
    installer,
    ["--no-defaults", user(), `--datadir=${making}`, "--skip-test-db", authentication],
    {
      stdio: "ignore",
    },
  );
  try {
    renameSync(making, template);
    return template;
  } catch {
    return making;
  }
}

const versionOf = (file: string) =>
  createHash("sha256")
    .update(execFileSync(file, ["--version"]))
    .digest("hex")
    .slice(0, 12);

/** The folder for temporary files is everybody's: what somebody else can write is not for us. */
function isOurs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === userInfo().uid && (found.mode & 0o077) === 0;
}
