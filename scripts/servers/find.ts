import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Debian keeps servers where a user's PATH does not look. */
const FOLDERS = () => [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];

const isProgram = (file: string) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
const onPath = (name: string) =>
  FOLDERS()
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find(isProgram);

const dockerWorks = () => spawnSync("docker", ["info"], { stdio: "ignore", timeout: 5_000 }).status === 0;

const mayInstall = () => process.getuid?.() === 0 && existsSync("/etc/debian_version");
/**
 * One at a time on this machine, and without starting what it installs: a policy that says 101 forbids it to Debian's
 * scripts, which otherwise run a database at its usual port.
 */
const INSTALL = `
  command -v "$2" >/dev/null && exit 0
  policy=/usr/sbin/policy-rc.d
  [ -e $policy ] || { printf '#!/bin/sh\\nexit 101\\n' >$policy; chmod +x $policy; trap "rm $policy" EXIT; }
  apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "$1"`;

function install(name: string, debianPackage: string): void {
  process.stderr.write(`installing ${debianPackage}\n`);
  const shell = ["sh", "-c", INSTALL, "install", debianPackage, name];
  const { status, stdout, stderr } = spawnSync("flock", ["/run/lock/rewind-install", ...shell], {
    encoding: "utf8",
    env: { ...process.env, PATH: FOLDERS().join(delimiter) },
  });
  if (status !== 0) process.stderr.write(stdout + stderr);
}

/**
 * Where a server's programs are: on PATH, or installed now (as root on Debian). Undefined: take its Docker image.
 * @throws a line that says what is missing
 */
export function findPrograms(debianPackage: string, names: string[]): string[] | undefined {
  const find = () => names.map(onPath).filter((path) => path !== undefined);
  const isThere = () => find().length === names.length;
  if (!isThere()) {
    if (dockerWorks()) return undefined;
    if (mayInstall()) install(names[0] ?? "", debianPackage);
  }
  if (isThere()) return find();
  throw new Error(
    `${names.join(" and ")} missing: put them on PATH (Debian: apt-get install ${debianPackage}), or start Docker`,
  );
}
