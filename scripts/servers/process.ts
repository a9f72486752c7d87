import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** A server of one's own, on 127.0.0.1. */
export type Running = {
  url: string;
  port: number;
  /** 0 where it is a container: there is no process of this machine to signal. */
  pid: number;
  /** Resolves with what ended it. */
  exited: Promise<string>;
  stop(signal?: NodeJS.Signals): Promise<void>;
};

export type Program = {
  file: string;
  args(port: number): string[];
  /** What it writes once it has its port and serves. */
  ready: RegExp;
  /** The file that what it writes is appended to. */
  log: string;
  url(port: number): string;
  /** See `dyingWithParent`. */
  dieWithParent: boolean;
};

const SETPRIV = "/usr/bin/setpriv";

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * What to spawn so that the kernel ends the child when its parent dies, however it dies: Linux, with setpriv of
 * util-linux. The pid is the program's own. Elsewhere the command as it is: the child outlives a killed parent.
 */
export const dyingWithParent = (file: string, args: string[]): [file: string, args: string[]] =>
  isExecutable(SETPRIV) ? [SETPRIV, ["--pdeathsig", "KILL", "--", file, ...args]] : [file, args];

/** Below the ports that the system hands out by itself: a server that comes back finds its own free. */
const [LOWEST, HIGHEST] = [12_000, 32_000];

/** A free port of 127.0.0.1, drawn at random so that those who draw at once draw apart. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const probe = createServer().listen(port, "127.0.0.1");
    const isFree = await once(probe, "listening").then(
      () => true,
      () => false,
    );
    probe.close();
    if (isFree) return port;
  }
}

const READY_WITHIN_MS = 60_000;
const PORTS_TRIED = 5;
const TAKEN = /address already in use/i;

/**
 * Starts a program on the port that is asked for, else on a free one, and on another where somebody was faster.
 * Resolves once the program itself says that it serves: that something listens would prove nothing.
 * @throws a line with the end of its log, where it ends before that
 */
export async function start(program: Program, wanted?: number): Promise<Running> {
  for (let tries = 1; ; tries += 1) {
    const port = wanted ?? (await freePort());
    const log = openSync(program.log, "a+", 0o600);
    try {
      const from = fstatSync(log).size;
      const server = launch(program, port, log);
      const said = () => textOf(log, from);
      if (await becomesReady(program, server, said)) return server;
      await server.stop("SIGKILL");
      if (wanted === undefined && TAKEN.test(said()) && tries < PORTS_TRIED) continue;
      throw new Error(`${program.file} does not start on port ${port}: ${await why(server, said())}`);
    } finally {
      closeSync(log);
    }
  }
}

/** In a process group of its own: Ctrl-C is for who started it to hear. */
function launch({ file, args, url, dieWithParent }: Program, port: number, log: number): Running {
  const plain: [string, string[]] = [file, args(port)];
  const command = dieWithParent ? dyingWithParent(...plain) : plain;
  const child = spawn(...command, { stdio: ["ignore", log, log], detached: true });
  return running(child, port, url(port));
}

/** A child that could not be spawned has exited, with the reason. */
export function running(child: ChildProcess, port: number, url: string): Running {
  const exited = new Promise<string>((resolve) =>
    child
      .once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`))
      .once("error", ({ message }) => resolve(message)),
  );
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    child.kill(signal);
    await exited;
  };
  return { url, port, pid: child.pid ?? 0, exited, stop };
}

/** @returns false where it ended, or took too long */
async function becomesReady({ ready }: Program, { exited }: Running, said: () => string): Promise<boolean> {
  const over = AbortSignal.any([AbortSignal.timeout(READY_WITHIN_MS), abortedBy(exited)]);
  while (!over.aborted) {
    if (ready.test(said())) return true;
    await pause(20);
  }
  return false;
}

function abortedBy(end: Promise<unknown>): AbortSignal {
  const controller = new AbortController();
  void end.then(() => controller.abort());
  return controller.signal;
}

const why = async ({ exited }: Running, said: string) =>
  [await exited, said.trim().split("\n").at(-1)].filter(Boolean).join(", ");

function textOf(file: number, from: number): string {
  const bytes = Buffer.alloc(fstatSync(file).size - from);
  return bytes.toString("utf8", 0, readSync(file, bytes, 0, bytes.length, from));
}
