import { spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Everything else of the caller's environment is kept from the server: what it sees is what a test says. */
const INHERITED = ["PATH", "HOME", "USER", "TMPDIR", "LANG"];

export type Exit = { code: number | null; signal: string | null };
export type Launched = {
  /** The process group: npm, the shell it starts and the server. */
  group: number;
  stdout(): string;
  stderr(): string;
  /** The first match in what is written to stdout. Rejects with the tail of stderr on exit or after `ms`. */
  says(pattern: RegExp, ms: number): Promise<RegExpMatchArray>;
  /** Resolves when every process of the group that holds its output has ended. */
  exited: Promise<Exit>;
  signal(pid: number, signal: NodeJS.Signals): void;
};

/** Runs `npm <args>` in the repository as a process group of its own, without npm's own chatter. */
export const launchNpm = (args: string[], env: Record<string, string>): Launched => {
  const inherited = INHERITED.flatMap((key) => (process.env[key] ? [[key, process.env[key]]] : []));
  const quiet = { npm_config_loglevel: "silent", npm_config_update_notifier: "false" };
  const child = spawn("npm", args, {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...Object.fromEntries(inherited), ...quiet, ...env },
  });
  const out = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (out.stderr += text));
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once("error", reject).once("close", (code, signal) => resolve({ code, signal }));
  });
  const says = (pattern: RegExp, ms: number) =>
    new Promise<RegExpMatchArray>((resolve, reject) => {
      const fail = (why: string) =>
        reject(
          new Error(`${why}\n--- stdout\n${out.stdout}\n--- stderr, its end\n${out.stderr.slice(-4000)}`),
        );
      const timer = setTimeout(() => fail(`stdout did not say ${pattern} within ${ms} ms`), ms);
      const look = () => {
        const match = out.stdout.match(pattern);
        if (!match) return;
        clearTimeout(timer);
        resolve(match);
      };
      child.stdout.on("data", look);
      exited.then(
        ({ code, signal }) => (
          clearTimeout(timer),
          fail(`ended with ${signal ?? code} before it said ${pattern}`)
        ),
        (error: Error) => (clearTimeout(timer), fail(error.message)),
      );
      look();
    });
  const signal = (pid: number, name: NodeJS.Signals) => {
    try {
      process.kill(pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // already gone is fine
    }
  };
  const group = child.pid ?? 0;
  return { group, stdout: () => out.stdout, stderr: () => out.stderr, says, exited, signal };
};

const tryRead = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch {
    return otherwise; // the process went away while one was looking
  }
};

const listeningInodes = (port: number): Set<string> => {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) =>
    tryRead(() => readFileSync(file, "utf8").trim().split("\n").slice(1), []),
  );
  const fields = rows.map((row) => row.trim().split(/\s+/));
  return new Set(
    fields.filter((f) => f[1]?.endsWith(suffix) && f[3] === "0A").map((f) => `socket:[${f[9]}]`),
  );
};

/** The process of a group that listens on a port: the server itself, below npm and its shell. */
export const listenerOf = (group: number, port: number): number => {
  const inodes = listeningInodes(port);
  const inGroup = (pid: string) =>
    tryRead(
      () =>
        readFileSync(`/proc/${pid}/stat`, "utf8")
          .replace(/^.*\) /s, "")
          .split(" ")[2],
      "",
    ) === String(group);
  const holds = (pid: string) =>
    tryRead(() => readdirSync(`/proc/${pid}/fd`), []).some((fd) =>
      inodes.has(tryRead(() => readlinkSync(`/proc/${pid}/fd/${fd}`), "")),
    );
  const pid = readdirSync("/proc").find((entry) => /^\d+$/.test(entry) && inGroup(entry) && holds(entry));
  if (!pid) throw new Error(`no process of group ${group} listens on port ${port}`);
  return Number(pid);
};

/** The process of a group whose command line has a text in it. */
export const processOf = (group: number, text: string): number => {
  const pid = readdirSync("/proc").find(
    (entry) =>
      /^\d+$/.test(entry) &&
      tryRead(() => readFileSync(`/proc/${entry}/cmdline`, "utf8"), "").includes(`\0${text}`) &&
      tryRead(
        () =>
          readFileSync(`/proc/${entry}/stat`, "utf8")
            .replace(/^.*\) /s, "")
            .split(" ")[2],
        "",
      ) === String(group),
  );
  if (!pid) throw new Error(`no process of group ${group} runs ${text}`);
  return Number(pid);
};
