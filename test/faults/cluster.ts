import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { dyingWithParent } from "../../scripts/servers/process.ts";
import { kindOf, partsIn, until, type Part } from "../support/cluster.ts";
import { freePort } from "../support/ports.ts";
import { isAlive } from "../support/proc.ts";
import { Proxy } from "./proxy.ts";
import type { OwnServer } from "./servers.ts";

const ROOT = join(import.meta.dirname, "../..");
const READY_WITHIN_MS = 90_000;
const STOPPED_WITHIN_MS = 12_000;
/** Bit of SIGUSR2 in the masks of /proc/<pid>/status. */
const SIGUSR2 = 1n << 11n;
/** A process reads its failpoints at the signal; nothing says when it has. */
const READ_WITHIN_MS = 60;

/** The system under test: `npm run cluster` on servers of ours, its gateways behind proxies. */
export type Cluster = {
  /** In front of each gateway, in the order of their names. */
  doors: Proxy[];
  servers: { nats: OwnServer; mariadb: OwnServer };
  /** What runs of a kind and is up, by name. */
  parts(kind: string): Part[];
  /** Resolves when every process is up. @throws after a minute */
  allUp(): Promise<void>;
  /**
   * Arms failpoints in processes of chat or gateways, in place of those that were armed before. What starts later finds
   * none of them.
   */
  arm(parts: Part[], lines: string[]): Promise<void>;
  /** Bugs that every process of chat and gateway has from now on. */
  plant(lines: string[]): Promise<void>;
  close(): Promise<void>;
};

const catchesSigusr2 = (pid: number): boolean => {
  try {
    const [, mask = "0"] = /^SigCgt:\s+(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return (BigInt(`0x${mask}`) & SIGUSR2) !== 0n;
  } catch {
    return false; // it is gone
  }
};

export async function startCluster(
  dir: string,
  servers: Cluster["servers"],
  jwtSecret: string,
): Promise<Cluster> {
  const failpoints = join(dir, "failpoints");
  writeFileSync(failpoints, "");
  const port = await freePort();
  const data = join(dir, "cluster");
  const child = launch(join(dir, "cluster.log"), {
    ...{ NATS_URL: servers.nats.url, MYSQL_URL: servers.mariadb.url, DATA_DIR: data, PORT: String(port) },
    ...{ JWT_SECRET: jwtSecret, FAILPOINTS: failpoints },
    ...{ RATE_LIMIT: "off", BCRYPT_COST: "4", LOG_LEVEL: "warn" },
  });
  await ready(child);
  const doors = await Promise.all([Proxy.open(port), Proxy.open(port + 1)]);
  const parts = (kind: string) =>
    partsIn(data)
      .filter(({ name, up, pid }) => up && kindOf(name) === kind && isAlive(pid))
      .toSorted((a, b) => a.name.localeCompare(b.name));
  const total = partsIn(data).length;
  let planted: string[] = [];

  const arm: Cluster["arm"] = async (those, lines) => {
    writeFileSync(failpoints, [...planted, ...lines, ""].join("\n"));
    for (const { pid } of those) if (catchesSigusr2(pid)) process.kill(pid, "SIGUSR2");
    await pause(READ_WITHIN_MS);
    writeFileSync(failpoints, [...planted, ""].join("\n"));
  };
  return {
    ...{ doors, servers, parts, arm },
    allUp: () =>
      until(
        "all processes up",
        () => partsIn(data).filter(({ up, pid }) => up && isAlive(pid)).length === total,
        60_000,
      ),
    async plant(lines) {
      planted = lines;
      await arm([...parts("chat"), ...parts("gateway")], []);
    },
    async close() {
      for (const door of doors) await door.close();
      await stop(child);
    },
  };
}

/** The very command of `npm run cluster`, without npm, so that it dies with us. */
function launch(log: string, env: Record<string, string>): ChildProcess {
  const [file, args] = dyingWithParent(process.execPath, ["scripts/cluster/cluster.ts"]);
  const stderr = openSync(log, "a", 0o600);
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(file, args, {
    cwd: ROOT,
    detached: true, // Ctrl-C is ours to hear
    stdio: ["pipe", "pipe", stderr],
    env: {
      ...{ PATH, HOME, NODE_COMPILE_CACHE: "node_modules/.cache/rewind" },
      ...{ NODE_OPTIONS: "--max-semi-space-size=8", ...env },
    },
  });
  closeSync(stderr);
  child.stdin?.on("error", () => {});
  return child;
}

async function ready(child: ChildProcess): Promise<void> {
  if (!child.stdout) throw new Error("the cluster says nothing");
  const says = new Promise<void>((resolve) =>
    createInterface({ input: child.stdout ?? process.stdin }).on(
      "line",
      (line) => line.startsWith("ready ") && resolve(),
    ),
  );
  const fails = (why: string) => () => Promise.reject(new Error(`the cluster does not start: ${why}`));
  await Promise.race([
    says,
    once(child, "exit").then(fails("it ended")),
    pause(READY_WITHIN_MS, undefined, { ref: false }).then(fails("it takes too long")),
  ]);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), STOPPED_WITHIN_MS);
  await once(child, "exit");
  clearTimeout(late);
}
