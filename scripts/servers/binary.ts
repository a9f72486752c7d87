import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

const PLACES = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
const PACKAGES: Record<string, string> = { "nats-server": "nats-server", mariadbd: "mariadb-server" };

const find = (name: string) => PLACES.map((place) => join(place, name)).find(isExecutable);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** As root on Debian, and only there, what is missing is installed; its own system service is not started. */
function install(name: string): void {
  const isDebian = process.getuid?.() === 0 && isExecutable("/usr/bin/apt-get");
  const wanted = PACKAGES[name];
  if (!isDebian || wanted === undefined) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", wanted]])
    spawnSync("apt-get", args, { env, stdio: ["ignore", "ignore", "inherit"] });
}

/** The path of a server program. @throws a line that says what is missing */
export function binary(name: "nats-server" | "mariadbd" | "mariadb-install-db"): string {
  const there = find(name);
  if (there) return there;
  install(name);
  const installed = find(name);
  if (installed) return installed;
  throw new Error(`${name} is needed on PATH (Debian: apt install nats-server mariadb-server)`);
}
