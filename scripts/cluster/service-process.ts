import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Running } from "../servers/process.ts";
import { follow } from "./log.ts";
import { kindOf } from "./plan.ts";

const ROOT = join(import.meta.dirname, "../..");
const READY_WITHIN_MS = 30_000;

/**
 * Starts one service as a process of its own; resolves when it says that it is ready. In a group of its own: Ctrl-C
 * is the cluster's to hear.
 */
export async function startService(name: string, env: Record<string, string>): Promise<Running> {
  const child = spawn(process.execPath, ["scripts/service.ts", kindOf(name)], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_COMPILE_CACHE: "node_modules/.cache/rewind", ...env, NODE_ID: name },
  });
  follow(name, child.stderr);
  const exited = new Promise<string>((resolve) =>
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`)),
  );
  const ready = new Promise<void>((resolve) =>
    child.stdout.setEncoding("utf8").on("data", (text: string) => text.startsWith("ready ") && resolve()),
  );
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    child.kill(signal);
    await exited;
  };
  const late = setTimeout(() => child.kill("SIGKILL"), READY_WITHIN_MS);
  const ended = await Promise.race([ready, exited]);
  clearTimeout(late);
  if (ended !== undefined) throw new Error(`${name} ended before it was ready: ${ended}`);
  const port = Number(env["PORT"] ?? 0);
  const url = env["PORT"] === undefined ? "" : `http://${env["HOST"] ?? "127.0.0.1"}:${port}`;
  return { url, port, pid: child.pid ?? 0, exited, stop };
}
