import { keepAlive, type Kept, type Process, type Start } from "./keep-alive.ts";
import type { Entry } from "./state.ts";

export type Supervisor = {
  /**
   * Starts a process and, whenever it ends, starts it again. Resolves when it is up the first time; rejects, with why,
   * where that fails `tries` times.
   */
  keep(name: string, start: Start, tries: number): Promise<Process>;
  /** Ends a process for good: SIGTERM, and SIGKILL after `ms`. Resolves when it is gone. @throws where there is none */
  dismiss(name: string, ms: number): Promise<void>;
  /** From now on nothing is started. What runs goes on. */
  close(): void;
  names(): string[];
};
type Listener = {
  /** Hears of every change, with all that runs. */
  changed(entries: Entry[]): void;
  up(name: string, url: string): void;
  ended(name: string, reason: string): void;
};

export function supervisor({ changed, up, ended }: Listener): Supervisor {
  const kept = new Map<string, Kept>();
  let isClosed = false;
  const tell = () => changed([...kept].flatMap(([name, one]) => entryOf(name, one)));

  const keep = (name: string, start: Start, tries: number) =>
    new Promise<Process>((resolve, reject) => {
      const one = keepAlive(start, tries, {
        changed: tell,
        up: (running) => (up(name, running.url), resolve(running)),
        ended: (reason) => ended(name, reason),
      });
      kept.set(name, one);
      const forget = (reason: string) => {
        kept.delete(name);
        tell();
        reject(new Error(`${name} does not start: ${reason}`)); // no news where it was up
      };
      void one.over.then(forget);
    });

  return {
    async keep(name, start, tries) {
      if (isClosed) throw new Error("the cluster is stopping");
      return keep(name, start, tries);
    },
    async dismiss(name, ms) {
      const one = kept.get(name);
      if (!one) throw new Error(`there is no ${name}`);
      one.leave();
      one.signal("SIGTERM");
      const late = setTimeout(() => one.signal("SIGKILL"), ms);
      await one.over;
      clearTimeout(late);
    },
    close() {
      isClosed = true;
      for (const one of kept.values()) one.leave();
    },
    names: () => [...kept.keys()],
  };
}

function entryOf(name: string, one: Kept): Entry[] {
  const now = one.now();
  if (!now) return [];
  const { pid, running: { port, url, metricsPort } = {} } = now;
  const where = { ...(port && { port }), ...(url && { url }), ...(metricsPort && { metricsPort }) };
  return [{ name, ...(pid && { pid }), up: now.running !== undefined, ...where }];
}
