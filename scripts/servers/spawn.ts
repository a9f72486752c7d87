import { execFileSync, spawn, spawnSync, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { greets } from "./ports.ts";

/** A program to run in the foreground; `container` where it is Docker's client and the server is in there. */
export type Command = { file: string; args: string[]; env?: Record<string, string>; container?: string };

const tieable = process.platform === "linux" && spawnSync("setpriv", ["--version"]).status === 0;

/**
 * Starts a program in a process group of its own, so that a Ctrl-C does not reach it. Where the system can (Linux
 * with setpriv), the kernel kills it when this process dies, however that may be.
 */
export function spawnTied(command: Command, stdio: StdioOptions): ChildProcess {
  const { file, args, env } = command;
  const options = { detached: true, stdio, env: { ...process.env, ...env } };
  if (!tieable || command.container !== undefined) return spawn(file, args, options);
  return spawn("setpriv", ["--pdeathsig", "KILL", "--", file, ...args], options); // which becomes the program
}

export const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

/** SIGTERM, then SIGKILL after `ms`; resolves when it has ended. */
export async function endWithin(child: ChildProcess, command: Command, ms: number): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return;
  const ended = once(child, "exit");
  if (ms > 0) child.kill("SIGTERM");
  const timer = setTimeout(() => killNow(child, command), ms);
  await ended;
  clearTimeout(timer);
}

export function killNow(child: ChildProcess, { container }: Command): void {
  if (container !== undefined) spawnSync("docker", ["rm", "--force", container]);
  child.kill("SIGKILL");
}

export type Started = {
  readonly pid: number;
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
};

const UP_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 10_000;

/** Starts a server and waits until it greets on `port`. @throws with the end of what it wrote */
export async function startServer(command: Command, port: number): Promise<Started> {
  const child = spawnTied(command, ["ignore", "pipe", "pipe"]);
  let said = "";
  const keep = (text: string) => void (said = (said + text).slice(-2_000));
  child.stdout?.setEncoding("utf8").on("data", keep);
  child.stderr?.setEncoding("utf8").on("data", keep);
  child.once("error", (error) => keep(error.message));
  const deadline = performance.now() + UP_WITHIN_MS;
  const isOver = () => hasEnded(child) || child.pid === undefined || performance.now() > deadline;
  const { pid } = child;
  if (!(await greets(port, isOver)) || hasEnded(child) || pid === undefined) {
    await endWithin(child, command, 0);
    throw new Error(`${command.file} did not start:\n${said}`);
  }
  return {
    pid,
    stop: () => endWithin(child, command, STOP_WITHIN_MS),
    kill: () => endWithin(child, command, 0),
  };
}

/** The output of a program that ends by itself. */
export const outputOf = (file: string, args: string[]) =>
  execFileSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
