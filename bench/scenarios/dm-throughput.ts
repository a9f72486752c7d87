import type { Options } from "../options.ts";
import { costOf } from "./cost.ts";
import { measureMs, together, warmUpMs, type Scenario } from "./scenario.ts";

const PAIRS = 100;
const UNACKED = 8;

export const throughputJob = (options: Options) => ({
  name: "throughput" as const,
  users: 2 * PAIRS,
  settings: {
    ...{ pairs: PAIRS, unacked: UNACKED },
    ...{ warmUpMs: warmUpMs(options), measureMs: measureMs(options, 10) },
  },
});

export const dmThroughput: Scenario = {
  name: "dm-throughput",
  about: `${PAIRS} pairs, each sender with ${UNACKED} sends unanswered`,
  cases: (options) =>
    together(["relay-each", "relay-group", "cluster", "embedded", "ejabberd"], (system) => ({
      system,
      plan: { seed: { users: 2 * PAIRS } },
      async run(_, { load }) {
        const loaded = await load(throughputJob(options));
        const { acked = 0, ...rates } = loaded.figures;
        return { ...rates, ...costOf(loaded, acked) };
      },
    })),
};
