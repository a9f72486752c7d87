import { costOf } from "./cost.ts";
import { measureMs, together, warmUpMs, type Scenario } from "./scenario.ts";

const PAIRS = 100;
const RATE = 200;

export const dmLatency: Scenario = {
  name: "dm-latency",
  about: `${RATE} messages a second over ${PAIRS} pairs, from when each was due to its ack and its push`,
  cases: (options) =>
    together(["relay-each", "relay-group", "cluster", "embedded", "ejabberd"], (system) => ({
      system,
      plan: { seed: { users: 2 * PAIRS } },
      async run(_, { load }) {
        const settings = { pairs: PAIRS, rate: RATE, warmUpMs: 2 * warmUpMs(options) };
        const measure = { measureMs: measureMs(options, 15) };
        const loaded = await load({
          name: "latency",
          users: 2 * PAIRS,
          settings: { ...settings, ...measure },
        });
        const { answered = 0, ...times } = loaded.figures;
        return { ...times, "CPU s/1000": costOf(loaded, answered)["CPU s/1000"] ?? Number.NaN };
      },
    })),
};
