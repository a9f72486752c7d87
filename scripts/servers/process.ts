import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { connect, createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** A server of one's own, on 127.0.0.1. */
export type Running = {
  url: string;
  port: number;
  pid: number;
  /** Resolves with what ended it. */
  exited: Promise<string>;
  stop(signal?: NodeJS.Signals): Promise<void>;
};

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  return typeof address === "object" && address ? address.port : 0;
}

const SETPRIV = "/usr/bin/setpriv";
const canSetpriv = (): boolean => {
  try {
    accessSync(SETPRIV, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * What to spawn so that the kernel ends the child when its parent dies, however it dies: Linux, with setpriv of
 * util-linux. The pid is the program's own. Elsewhere the command as it is: the child outlives a killed parent.
 */
export const dyingWithParent = (file: string, args: string[]): [file: string, args: string[]] =>
  canSetpriv() ? [SETPRIV, ["--pdeathsig", "KILL", "--", file, ...args]] : [file, args];

export function run(file: string, args: string[], output: "ignore" | "inherit" = "ignore"): ChildProcess {
  return spawn(file, args, { stdio: ["ignore", output, output], detached: true });
}

const ANSWERS_WITHIN_MS = 20_000;
/** Resolves once something listens; rejects where the process ends before that. */
export async function listening(child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + ANSWERS_WITHIN_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline)
      throw new Error(`${child.spawnfile} does not listen on port ${port}`);
    await pause(20);
  }
}

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (is: boolean) => (socket.destroy(), resolve(is));
    socket.once("connect", () => settle(true)).once("error", () => settle(false));
  });

export function running(child: ChildProcess, port: number, url: string): Running {
  const exited = new Promise<string>((resolve) =>
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`)),
  );
  return {
    ...{ url, port, pid: child.pid ?? 0, exited },
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      await exited;
    },
  };
}
