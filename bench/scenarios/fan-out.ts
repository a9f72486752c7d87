import { costOf } from "./cost.ts";
import { many, measureMs, together, type Scenario } from "./scenario.ts";

const SOCKETS = 200;
const UNACKED = 8;
const WARM_UP_MS = 1_000;

export const fanOut: Scenario = {
  name: "fan-out",
  about: `a user with ${SOCKETS} sockets is written to, ${UNACKED} messages at a time`,
  cases: (options) =>
    together(["relay-group", "cluster", "embedded"], (system) => ({
      system,
      plan: { seed: { users: 2 } },
      async run(_, { load }) {
        const settings = { sockets: many(options, SOCKETS), unacked: UNACKED, warmUpMs: WARM_UP_MS };
        const measure = { measureMs: measureMs(options, 5) };
        const loaded = await load({ name: "fan-out", users: 2, settings: { ...settings, ...measure } });
        const { acked = 0, ...rates } = loaded.figures;
        return { ...rates, "CPU s/1000 messages": costOf(loaded, acked)["CPU s/1000"] ?? Number.NaN };
      },
    })),
};
