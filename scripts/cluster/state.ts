import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KINDS } from "./plan.ts";

/** A process of the cluster, for tools that measure or stop it. */
export type Entry = { name: string; pid: number; port?: number; url?: string };
export type Secrets = { jwt: string; admin: string; passwords: Record<string, string> };

const random = () => randomBytes(24).toString("base64url");

/** Made at random on the first start, and kept: readable by their owner alone. */
export function secretsIn(dir: string): Secrets {
  const file = join(dir, "secrets.json");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (!existsSync(file)) {
    const passwords = Object.fromEntries(KINDS.map((kind) => [kind, random()]));
    writeFileSync(file, JSON.stringify({ jwt: random() + random(), admin: random(), passwords }), {
      mode: 0o600,
    });
  }
  return JSON.parse(readFileSync(file, "utf8")) as Secrets;
}

const listIn = (dir: string) => join(dir, "cluster.json");

/** Replaces the list in one step: a reader sees the old one or the new one. */
export function writeList(dir: string, entries: Entry[]): void {
  const fresh = `${listIn(dir)}.new`;
  writeFileSync(fresh, `${JSON.stringify(entries, undefined, 2)}\n`, { mode: 0o600 }); // it has the admin's URL
  renameSync(fresh, listIn(dir));
}

/** Every process of a cluster carries this variable, with the cluster's data directory. */
export const MARK = "REWIND_CLUSTER";

/** Ends what a cluster that was itself killed left running on this data. */
export function stopLeftovers(dir: string): void {
  if (!existsSync(listIn(dir))) return;
  for (const { pid } of JSON.parse(readFileSync(listIn(dir), "utf8")) as Entry[])
    if (isOurs(pid, dir)) process.kill(pid, "SIGKILL");
}

/** A pid may by now be anybody's: only a process that carries our mark is ours. */
function isOurs(pid: number, dir: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`${MARK}=${dir}`);
  } catch {
    return false;
  }
}
