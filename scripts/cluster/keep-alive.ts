import { AsyncLocalStorage } from "node:async_hooks";
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { setTimeout as pause } from "node:timers/promises";
import type { Running } from "../servers/process.ts";

export type Process = Running & { metricsPort?: number };
/** Resolves when the process is up, or, once `leaving`, as soon as it likes. */
export type Start = (leaving: AbortSignal) => Promise<Process>;

export type Kept = {
  /** Of what runs just now, from its first moment, long before it is up; undefined where nothing does. */
  now(): { pid?: number; running?: Process } | undefined;
  /** From now on nothing is started again. */
  leave(): void;
  signal(name: NodeJS.Signals): void;
  /** Resolves when nothing runs any more, nor will, with what ended it. */
  over: Promise<string>;
};
type Listener = { changed(): void; up(running: Process): void; ended(reason: string): void };

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** What ran for so long starts again at once. */
const STEADY_MS = 10_000;

/** Who starts a child is told of it at once, wherever in the code it is spawned. */
const spawning = new AsyncLocalStorage<(child: ChildProcess) => void>();
subscribe("child_process", (message) =>
  spawning.getStore()?.((message as { process: ChildProcess }).process),
);

/** Starts a process and, whenever it ends, starts it again; gives up where it is never up in `tries` starts. */
export function keepAlive(start: Start, tries: number, { changed, up, ended }: Listener): Kept {
  const leaving = new AbortController();
  let child: ChildProcess | undefined;
  let running: Process | undefined;

  const adopt = (spawned: ChildProcess) => {
    spawned.on("error", () => {}); // who spawned it fails for it
    spawned.once("spawn", () => {
      child = spawned;
      if (leaving.signal.aborted) child.kill();
      changed();
    });
    spawned.once("exit", () => {
      if (child === spawned) child = running = undefined;
      changed();
    });
  };

  const signal = (name: NodeJS.Signals) => {
    if (running) running.stop(name).catch(() => {});
    else child?.kill(name);
  };

  const live = async (isUp: () => void): Promise<string> => {
    try {
      const started = await spawning.run(adopt, start, leaving.signal);
      running = started;
      changed();
      isUp();
      if (leaving.signal.aborted) signal("SIGTERM");
      else up(started);
      const reason = await started.exited;
      running = undefined;
      changed();
      return reason;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };

  const lives = async (): Promise<string> => {
    let wasUp = false;
    let wait = FIRST_PAUSE_MS;
    for (let nth = 1; ; nth += 1) {
      const begun = Date.now();
      const reason = await live(() => (wasUp = true));
      if (leaving.signal.aborted || (!wasUp && nth >= tries)) return reason;
      if (Date.now() - begun > STEADY_MS) wait = FIRST_PAUSE_MS;
      ended(reason);
      await pause(wait, undefined, { signal: leaving.signal }).catch(() => {});
      if (leaving.signal.aborted) return reason;
      wait = Math.min(2 * wait, LONGEST_PAUSE_MS);
    }
  };

  return {
    now: () => (child || running) && { pid: child?.pid ?? running?.pid, running },
    leave: () => leaving.abort(),
    signal,
    over: lives(),
  };
}
