import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dockerHere, type Docker } from "./docker.ts";
import { isExecutable } from "./process.ts";

const PACKAGES = { "nats-server": "nats-server", mariadbd: "mariadb-server" };
export type Server = keyof typeof PACKAGES;

/** Where a server can come from. */
export type Machine = {
  /** Folders with programs. */
  places: string[];
  docker(): Promise<Docker | undefined>;
  install(debianPackage: string): void;
};

/** Debian keeps servers in sbin, which is not on the PATH of most. */
const places = [...(process.env["PATH"] ?? "").split(":").filter(Boolean), "/usr/sbin", "/usr/local/sbin"];
const thisMachine: Machine = { places, docker: dockerHere, install };

export const find = (program: string, { places: folders } = thisMachine): string | undefined =>
  folders.map((folder) => join(folder, program)).find(isExecutable);

/**
 * Starts a server by the first of these that there is: its program, Docker, or its program out of Debian's packages.
 * @throws a line that says what is missing
 */
export async function provide<T>(
  server: Server,
  native: (path: string) => Promise<T>,
  contained: (docker: Docker) => Promise<T>,
  machine: Machine = thisMachine,
): Promise<T> {
  const there = find(server, machine);
  if (there !== undefined) return native(there);
  const docker = await machine.docker();
  if (docker) return contained(docker);
  machine.install(PACKAGES[server]);
  const installed = find(server, machine);
  if (installed !== undefined) return native(installed);
  throw new Error(
    `${server} is needed on PATH, or Docker (Debian: apt install ${Object.values(PACKAGES).join(" ")})`,
  );
}

/** Of Debian: asked before the service of a package is started; 101 says no. */
const POLICY = "/usr/sbin/policy-rc.d";

/** As root on Debian alone. The package's own system service is not started. */
function install(debianPackage: string): void {
  if (process.getuid?.() !== 0 || !isExecutable("/usr/bin/apt-get")) return;
  const isOurs = forbidServices();
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", debianPackage]])
    spawnSync("apt-get", args, { env, stdio: ["ignore", "ignore", "inherit"] });
  if (isOurs) rmSync(POLICY);
}

/** @returns whether the policy is ours to take away again: one that is there stays */
function forbidServices(): boolean {
  try {
    writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { flag: "wx", mode: 0o755 });
    return true;
  } catch {
    return false;
  }
}
