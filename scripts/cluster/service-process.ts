import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { dyingWithParent, running, type Running } from "../servers/process.ts";
import { follow } from "./log.ts";
import type { Kind } from "./plan.ts";

const ROOT = join(import.meta.dirname, "../..");
const READY_WITHIN_MS = 30_000;
const ASK_EVERY_MS = 200;
const ANSWERS_WITHIN_MS = 5_000;

export type Service = {
  name: string;
  kind: Kind;
  /** A gateway's. */
  url: string;
  port: number;
  /** 0 for none. */
  metricsPort: number;
  env: Record<string, string>;
};

/**
 * Starts one service as a process of its own; resolves when it says that it is ready and, a gateway, when it says so
 * of all it needs. It is in a group of its own: Ctrl-C is the cluster's to hear.
 */
export async function startService(
  service: Service,
  leaving: AbortSignal,
): Promise<Running & { metricsPort: number }> {
  const { name, kind, url, port, metricsPort, env } = service;
  const [file, args] = dyingWithParent(process.execPath, ["scripts/service.ts", kind]);
  const child = spawn(file, args, {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  follow(name, child.stderr);
  const started = running(child, port, url);
  const ended = new AbortController();
  const early = started.exited.then((reason) => {
    ended.abort();
    throw new Error(`${reason} before it was ready`);
  });
  early.catch(() => {}); // after it was ready it is no error
  const ready = new Promise<void>((resolve) =>
    createInterface({ input: child.stdout }).on("line", (line) => line.startsWith("ready ") && resolve()),
  );
  const late = setTimeout(() => child.kill("SIGKILL"), READY_WITHIN_MS);
  await Promise.race([ready, early]).finally(() => clearTimeout(late));
  if (kind === "gateway")
    await Promise.race([answersReady(url, AbortSignal.any([ended.signal, leaving])), early]);
  return { ...started, metricsPort };
}

/** Resolves when the gateway and all that it needs can serve, or nobody waits for it any more. */
async function answersReady(url: string, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(ANSWERS_WITHIN_MS)]);
    const response = await fetch(`${url}/readyz`, { signal }).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await pause(ASK_EVERY_MS);
  }
}
