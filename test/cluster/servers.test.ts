import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, expect, test } from "@jest/globals";
import { createConnection } from "mysql2/promise";
import { connect } from "nats";
import { startMariadb } from "../../scripts/servers/mariadb.ts";
import { startNats } from "../../scripts/servers/nats.ts";
import { dyingWithParent, freePort, start, type Running } from "../../scripts/servers/process.ts";
import { provide, type Machine } from "../../scripts/servers/provide.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

const folder = async () => {
  const path = await mkdtemp(join(tmpdir(), "rewind-servers-"));
  cleanups.push(() => rm(path, { recursive: true, force: true }));
  return path;
};
const kept = (server: Running) => {
  cleanups.push(() => server.stop("SIGKILL"));
  return server;
};
const commandLine = (pid: number) => readFile(`/proc/${pid}/cmdline`, "utf8");
const bits = async (path: string) => (await stat(path)).mode & 0o777;

/** The first row of the last statement. */
const ask = async (url: string, ...statements: string[]) => {
  const connection = await createConnection(url);
  try {
    let rows: unknown;
    for (const statement of statements) [rows] = await connection.query(statement);
    return (rows as Record<string, unknown>[])[0];
  } finally {
    await connection.end();
  }
};

/** Where there is nothing at all. */
const bare: Machine = { places: [], docker: async () => undefined, install: () => {} };

test("NATS lets in who knows the password, and nobody else", async () => {
  const dir = await folder();
  const password = `it's "odd"/\\ $PATH`;
  const { url, port, pid } = kept(await startNats({ dir, password }));
  const servers = `127.0.0.1:${port}`;
  await expect(connect({ servers, reconnect: false })).rejects.toThrow(/authorization/i);
  const [user, pass] = [new URL(url).username, decodeURIComponent(new URL(url).password)];
  expect(pass).toBe(password);
  await (await connect({ servers, user, pass, reconnect: false })).close();
  expect(await commandLine(pid)).not.toContain("odd");
  expect(await bits(join(dir, "nats.conf"))).toBe(0o600);
  expect(await readFile(join(dir, "nats.log"), "utf8")).toContain("Server is ready");
});

test("NATS comes back where it was", async () => {
  const options = { dir: await folder(), password: "secret" };
  const first = kept(await startNats(options));
  await first.stop("SIGKILL");
  expect(await first.exited).toBe("SIGKILL");
  expect(kept(await startNats({ ...options, port: first.port })).url).toBe(first.url);
});

test("MariaDB keeps its data when it is killed, and flushes at commit", async () => {
  const options = { dir: join(await folder(), "data"), password: `it's\\odd`, durable: true };
  const first = kept(await startMariadb(options));
  const [make, fill] = ["CREATE TABLE test.notes (text TEXT)", "INSERT INTO test.notes VALUES ('kept')"];
  await ask(first.url, "CREATE DATABASE test", make, fill);
  await first.stop("SIGKILL");
  const { url } = kept(await startMariadb({ ...options, port: first.port }));
  expect(url).toBe(first.url);
  expect(await ask(url, "SELECT text FROM test.notes")).toEqual({ text: "kept" });
  expect(await ask(url, "SELECT @@innodb_flush_log_at_trx_commit AS flush")).toEqual({ flush: 1 });
}, 60_000);

test("over TCP only MariaDB's administrator may log in", async () => {
  const dir = join(await folder(), "data");
  const { url, port, pid } = kept(await startMariadb({ dir, password: "secret", durable: false }));
  for (const who of ["", "root@", "rewind_admin@", "rewind_admin:wrong@"])
    await expect(ask(`mysql://${who}127.0.0.1:${port}`, "SELECT 1")).rejects.toThrow(/access denied/i);
  expect(await ask(url, "SELECT 1 AS one")).toEqual({ one: 1 });
  expect(await commandLine(pid)).not.toContain("secret");
  expect(await bits(dir)).toBe(0o700);
}, 60_000);

test("what somebody else has on a port is not taken for ours", async () => {
  const port = await freePort();
  const other = createServer().listen(port, "127.0.0.1");
  await once(other, "listening");
  cleanups.push(async () => other.close());
  await expect(startNats({ dir: await folder(), port })).rejects.toThrow(/address already in use/);
});

test("where somebody was faster, another port is tried", async () => {
  const dir = await folder();
  const script = `mkdir ${dir}/once && echo Address already in use && exit 1; echo serving; exec sleep 60`;
  const ports: number[] = [];
  const args = (port: number) => (ports.push(port), ["-c", script]);
  const program = { file: "/bin/sh", args, ready: /serving/, url: String, log: join(dir, "log") };
  const { port } = kept(await start({ ...program, dieWithParent: true }));
  expect(ports).toHaveLength(2);
  expect(port).toBe(ports[1]);
});

test("of a program that does not start the reason is told, and what it wrote last", async () => {
  const program = { ready: /never/, url: String, dieWithParent: false, log: join(await folder(), "log") };
  const missing = { ...program, file: "/no/such/program", args: () => [] };
  await expect(start(missing)).rejects.toThrow(/ENOENT/);
  const failing = { ...program, file: "/bin/sh", args: () => ["-c", "echo bad configuration; exit 3"] };
  await expect(start(failing)).rejects.toThrow(/exit code 3, bad configuration/);
});

test("where a server can come from nowhere, one line says what is missing", async () => {
  await expect(startNats({ dir: await folder(), machine: bare })).rejects.toThrow(
    "nats-server is needed on PATH, or Docker (Debian: apt install nats-server mariadb-server)",
  );
});

test("a server is taken from PATH, else from Docker, else from Debian's packages", async () => {
  const native = async (path: string) => path;
  const contained = async () => "a container";
  const packages: string[] = [];
  const installing: Machine = { ...bare, install: (name) => void packages.push(name) };
  const docker: Machine = { ...installing, docker: async () => ({}) as never };
  const program = join(await folder(), "mariadbd");
  await writeFile(program, "", { mode: 0o700 });
  const all: Machine = { ...docker, places: [join(program, "..")] };
  expect(await provide("mariadbd", native, contained, all)).toBe(program);
  expect(await provide("mariadbd", native, contained, docker)).toBe("a container");
  expect(packages).toEqual([]);
  await expect(provide("mariadbd", native, contained, installing)).rejects.toThrow("mariadbd");
  expect(packages).toEqual(["mariadb-server"]);
});

const hasSetpriv = dyingWithParent("sleep", [])[0] !== "sleep";
(hasSetpriv ? test : test.skip)("a child can be made to die with its parent, however that dies", async () => {
  const command = JSON.stringify(dyingWithParent("sleep", ["60"]));
  const script = `console.log(require("node:child_process").spawn(...${command}).pid)`;
  const parent = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [pid] = (await once(parent.stdout, "data")) as [Buffer];
  const runs = async () => (await commandLine(Number(pid)).catch(() => "")).startsWith("sleep");
  const becomes = async (wanted: boolean) => {
    for (let tries = 0; (await runs()) !== wanted && tries < 250; tries++) await pause(20);
    return runs();
  };
  expect(await becomes(true)).toBe(true); // setpriv has become it
  parent.kill("SIGKILL");
  expect(await becomes(false)).toBe(false);
});
