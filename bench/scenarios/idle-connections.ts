import { setTimeout as pause } from "node:timers/promises";
import { kindOf, rssOf } from "../processes.ts";
import type { System } from "../systems/system.ts";
import { many, together, type Scenario } from "./scenario.ts";

const SOCKETS = 2_000;
const SETTLE_MS = 5_000;
const COLLECTED_MS = 2_000;
/** Processes that have sockets of clients. */
const HOLDERS = new Set(["gateway", "embedded", "ejabberd"]);

/** Resident KiB of the processes that have sockets, after they settled and collected their garbage. */
async function residentIn(system: System): Promise<number> {
  const holders = system.processes().filter(({ name }) => HOLDERS.has(kindOf(name)));
  await pause(SETTLE_MS);
  if (system.collect) await system.collect();
  else for (const { pid } of holders) process.kill(pid, "SIGUSR2"); // collects.ts
  await pause(COLLECTED_MS);
  return holders.reduce((sum, { pid }) => sum + rssOf(pid), 0);
}

export const idleConnections: Scenario = {
  name: "idle-connections",
  about: `${SOCKETS} users with a socket each, signed in, beside a server of sockets that does nothing`,
  cases: (options) =>
    together(["bare-ws", "cluster", "embedded", "ejabberd"], (system) => ({
      system,
      plan: { seed: { users: many(options, SOCKETS) }, collects: true },
      async run(running, { load }) {
        const sockets = many(options, SOCKETS);
        let [before, after] = [0, 0];
        const { figures } = await load(
          { name: "idle", users: sockets, settings: { sockets } },
          {
            warm: async () => void (before = await residentIn(running)),
            connected: async () => void (after = await residentIn(running)),
          },
        );
        const growth = { "KiB/socket": (after - before) / sockets };
        return { ...growth, "before MiB": before / 1024, "after MiB": after / 1024, ...figures };
      },
    })),
};
