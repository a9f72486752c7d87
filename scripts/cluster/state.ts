import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { SERVICES } from "./plan.ts";

/**
 * A process of the cluster, for tools that measure or stop it. What is not up yet has no port and no url, a container
 * no pid; the urls of nats and mariadb are the administrator's.
 */
export type Entry = {
  name: string;
  pid?: number;
  up: boolean;
  port?: number;
  url?: string;
  metricsPort?: number;
};
export type Secrets = { jwt: string; admin: string; nats: string; passwords: Record<string, string> };

/** Where a cluster keeps its data: beside that of `npm start`, unless DATA_DIR says otherwise. */
export const clusterDir = () => resolve(process.env["DATA_DIR"]?.trim() || "data/cluster");

const random = () => randomBytes(24).toString("base64url");

/** Readers see the old file or the new one. It is for its owner alone: it has passwords. */
function replace(file: string, content: unknown): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Made at random on the first start, and kept. */
export function secretsIn(dir: string): Secrets {
  const file = join(dir, "secrets.json");
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Partial<Secrets>) : {};
  const passwords = Object.fromEntries(SERVICES.map((service) => [service, random()]));
  const secrets = { jwt: random() + random(), admin: random(), nats: random(), passwords, ...kept };
  replace(file, secrets);
  return secrets;
}

const listIn = (dir: string) => join(dir, "cluster.json");

export const writeList = (dir: string, entries: Entry[]) => replace(listIn(dir), entries);

export const readList = (dir: string): Entry[] =>
  existsSync(listIn(dir)) ? (JSON.parse(readFileSync(listIn(dir), "utf8")) as Entry[]) : [];

let lock: DatabaseSync | undefined; // held for as long as this process lives

/** Makes the directory this process's alone; the system lifts that when the process ends. @throws where it is another's */
export function claim(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  lock = new DatabaseSync(join(dir, "cluster.lock"), { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch {
    throw new Error(`another cluster runs on ${dir}`);
  }
}

/** Every process of a cluster carries this variable, with the cluster's data directory. */
export const MARK = "REWIND_CLUSTER";
const LEFTOVERS_END_WITHIN_MS = 5_000;

/** Ends what a cluster that was itself killed left running on this data; resolves when it is gone. */
export async function endLeftovers(dir: string): Promise<void> {
  const deadline = Date.now() + LEFTOVERS_END_WITHIN_MS;
  for (let left = marked(dir); left.length > 0; left = marked(dir)) {
    if (Date.now() > deadline) throw new Error(`cannot end what still runs on ${dir}: ${left.join(", ")}`);
    for (const pid of left) kill(pid);
    await pause(20);
  }
}

/** By the mark, not by the list: a pid may by now be anybody's. Linux only: elsewhere nothing is found. */
function marked(dir: string): number[] {
  const pids = existsSync("/proc/self/environ")
    ? readdirSync("/proc").filter((name) => /^\d+$/.test(name))
    : [];
  return pids.map(Number).filter((pid) => pid !== process.pid && carries(pid, `${MARK}=${dir}`));
}

function carries(pid: number, variable: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(variable);
  } catch {
    return false; // it is another user's, or has ended
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended by itself
  }
}
