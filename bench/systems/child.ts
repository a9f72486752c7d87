import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { dyingWithParent } from "../../scripts/servers/process.ts";
import { say } from "../say.ts";

type Command = {
  file: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** Where its standard error goes. */
  log: string;
};
export type Child = { pid: number; urls: string[]; stop(): Promise<void> };

const READY_WITHIN_MS = 120_000;
/** The cluster kills what does not end within 9.2 s. */
const STOPPED_WITHIN_MS = 15_000;
const SHOWN = 4;
const ALIKE = 120;

/**
 * Starts a program that says `ready` and its URLs on standard output once it serves. It hears no Ctrl-C, and the kernel
 * ends it when this process dies. Of the caller's environment it gets what programs need to run.
 */
export async function start({ file, args, cwd, env, log }: Command): Promise<Child> {
  const stderr = openSync(log, "a", 0o600);
  const { PATH = "", HOME = "", TMPDIR = "" } = process.env;
  const child = spawn(...dyingWithParent(file, args), {
    ...{ cwd, detached: true, stdio: ["pipe", "pipe", stderr] },
    env: { PATH, HOME, ...(TMPDIR && { TMPDIR }), ...env },
  });
  closeSync(stderr);
  child.stdin?.on("error", () => {});
  let atReady = 0; // what is written before is of no concern
  const exited = once(child, "exit");
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), STOPPED_WITHIN_MS);
      await exited;
      clearTimeout(late);
    }
    sayCommon(textOf(log).slice(atReady));
  };
  const fails = (why: string) => () => Promise.reject(new Error(`${args.at(-1)} ${why}: ${textOf(log)}`));
  const late = pause(READY_WITHIN_MS, undefined, { ref: false }).then(fails("is not ready in time"));
  try {
    const ready = readyLine(child.stdout ?? process.stdin);
    const line = await Promise.race([ready, exited.then(fails("ended at its start")), late]);
    atReady = textOf(log).length;
    return { pid: child.pid ?? 0, urls: line.split(" ").slice(1), stop };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

/** What was written most often: lines are alike that differ in names with numbers, in times and in ids. */
function sayCommon(text: string): void {
  const kinds = new Map<string, { times: number; line: string }>();
  for (const line of text.split("\n").filter(Boolean)) {
    const kind = line.replaceAll(/\d+/g, "").slice(0, ALIKE);
    const { times = 0 } = kinds.get(kind) ?? {};
    kinds.set(kind, { times: times + 1, line: line.slice(0, ALIKE) });
  }
  const common = [...kinds.values()].toSorted((a, b) => b.times - a.times);
  for (const { times, line } of common.slice(0, SHOWN)) say(`  it wrote ${times} times: ${line}`);
}

const readyLine = (output: NodeJS.ReadableStream) =>
  new Promise<string>((resolve) =>
    createInterface({ input: output }).on("line", (line) => line.startsWith("ready ") && resolve(line)),
  );

const textOf = (log: string) => readFileSync(log, "utf8").trim();
