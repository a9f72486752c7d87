import { sharesOf } from "./cost.ts";
import { throughputJob } from "./dm-throughput.ts";
import type { Scenario } from "./scenario.ts";

export const scaling: Scenario = {
  name: "scaling",
  isAsked: true,
  about: "dm-throughput with more processes of a kind, and what part of a core each kind takes",
  cases: (options) =>
    [1, 2, 3].flatMap((chat) =>
      [1, 2].map((gateways) => ({
        label: `chat ${chat}, gateways ${gateways}`,
        system: "cluster" as const,
        plan: { seed: { users: throughputJob(options).users }, chat, gateways },
        async run(_, { load }) {
          const loaded = await load(throughputJob(options));
          const { acked: _acked, ...rates } = loaded.figures;
          return { ...rates, ...sharesOf(loaded) };
        },
      })),
    ),
};
