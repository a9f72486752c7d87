import { spawn } from "node:child_process";
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
  /** Writes a line to its standard input. */
  tell(line: string): void;
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
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...Object.fromEntries(inherited), ...quiet, ...env },
  });
  child.stdin.on("error", () => {}); // it has ended: `exited` tells
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
  return {
    ...{ group: child.pid ?? 0, says, exited, signal },
    stdout: () => out.stdout,
    stderr: () => out.stderr,
    tell: (line) => void child.stdin.write(`${line}\n`),
  };
};
