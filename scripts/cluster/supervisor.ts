import { setTimeout as pause } from "node:timers/promises";
import type { Running } from "../servers/process.ts";
import type { Entry } from "./state.ts";

type Start = () => Promise<Running>;
type Kept = { running: Running; leaving: boolean };

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** What ran for so long starts again at once. */
const STEADY_MS = 10_000;
const STOPS_WITHIN_MS = 6_000;

export type Supervisor = {
  /** Starts a process and, whenever it ends, starts it again. Resolves when it is up the first time. */
  keep(name: string, start: Start): Promise<Running>;
  /** Ends a process for good: SIGTERM, and SIGKILL where that takes too long. */
  dismiss(name: string): Promise<void>;
  names(): string[];
};

/** @param changed hears of every change, with all that runs */
export function supervisor(changed: (entries: Entry[]) => void, say: (text: string) => void): Supervisor {
  const kept = new Map<string, Kept>();

  const tell = () =>
    changed(
      [...kept].map(
        ([
          name,
          {
            running: { pid, port, url },
          },
        ]) => ({
          ...{ name, pid },
          ...(port > 0 && { port }),
          ...(url !== "" && { url }),
        }),
      ),
    );

  const watch = async (name: string, start: Start, entry: Kept) => {
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
      const begun = Date.now();
      const reason = await entry.running.exited;
      if (entry.leaving) return;
      if (Date.now() - begun > STEADY_MS) wait = FIRST_PAUSE_MS;
      say(`${name} ended (${reason}), starting it again`);
      await pause(wait);
      if (entry.leaving) return;
      const again = await start().catch((error: unknown) => void say(String(error)));
      if (again) entry.running = again;
      if (again && entry.leaving) await again.stop("SIGKILL");
      tell();
    }
  };

  return {
    async keep(name, start) {
      const entry = { running: await start(), leaving: false };
      kept.set(name, entry);
      tell();
      void watch(name, start, entry);
      return entry.running;
    },
    async dismiss(name) {
      const entry = kept.get(name);
      if (!entry) return say(`there is no ${name}`);
      entry.leaving = true;
      const late = setTimeout(() => void entry.running.stop("SIGKILL"), STOPS_WITHIN_MS);
      await entry.running.stop();
      clearTimeout(late);
      kept.delete(name);
      tell();
    },
    names: () => [...kept.keys()],
  };
}
