import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { config } from "./config.ts";

/**
 * Places where the fault suite (test/faults/) makes a process stumble. `FAILPOINTS` names a file of lines
 * `<name> kill|pause <ms>|plant [times]`, read at start and again at each SIGUSR2; `times` is 1 where not given, `*` for
 * ever. Without FAILPOINTS, and always in production, every one of them does nothing.
 */
export type Failpoint =
  /** In the transaction of a change, all of it written. */
  | "chat.before-commit"
  /** The change is on disk, nobody has been told. */
  | "chat.committed"
  /** One of several sockets has got a push. */
  | "gateway.mid-fanout"
  /** A client that resumes has got some of what it missed. */
  | "gateway.mid-resume";

/** Bugs that can be planted, to see whether the fault suite finds them. */
export type Bug =
  | "chat.ack-before-commit"
  | "chat.forget-nonce"
  | "chat.publish-before-commit"
  | "chat.skip-announcement"
  | "chat.order-by-clock"
  | "chat.push-to-stranger"
  | "chat.reuse-seq"
  | "chat.lose-edit"
  | "gateway.fetch-before-subscribe"
  | "gateway.ignore-gaps"
  | "gateway.double-push"
  | "gateway.deny-done";

type Armed = { action: string; ms: number; left: number };
const armed = new Map<string, Armed>();
const LINE = /^([\w.-]+) (kill|pause (\d+)|plant)(?: (\d+|\*))?$/;

function arm(file: string): void {
  armed.clear();
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [, name, action = "", ms, times = "1"] = LINE.exec(line.trim()) ?? [];
    if (name)
      armed.set(name, { action, ms: Number(ms ?? 0), left: times === "*" ? Infinity : Number(times) });
  }
}

if (config.failpoints !== undefined) {
  const file = config.failpoints;
  arm(file);
  process.on("SIGUSR2", () => arm(file));
}

function take(name: string): Armed | undefined {
  const it = armed.get(name);
  if (!it || it.left <= 0) return undefined;
  it.left -= 1;
  return it;
}

/** Where it is armed the process dies here at once, or sleeps. */
export async function failpoint(name: Failpoint): Promise<void> {
  const it = armed.size > 0 ? take(name) : undefined;
  if (it?.action === "kill") process.kill(process.pid, "SIGKILL");
  if (it) await pause(it.ms);
}

/** Whether anything happens there the next time. */
export const isArmed = (name: Failpoint): boolean => (armed.get(name)?.left ?? 0) > 0;

/** Whether a bug is planted here. */
export const planted = (bug: Bug): boolean => armed.size > 0 && take(bug)?.action === "plant";
