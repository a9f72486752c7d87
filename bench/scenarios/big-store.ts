import { many, type Scenario } from "./scenario.ts";

const SENDS = 500;

export const bigStore: Scenario = {
  name: "big-store",
  isAsked: true,
  about: "a message at a time, where there are no other messages, and where there are millions",
  cases: (options) =>
    (["cluster", "embedded"] as const).flatMap((system) =>
      [0, options.messages].map((bulk) => ({
        label: `${system} ${bulk === 0 ? "empty" : "filled"}`,
        system,
        plan: { seed: { users: 2, bulk } },
        async run(_, { load }) {
          const settings = { sends: many(options, SENDS) };
          return { ...(await load({ name: "sends", users: 2, settings })).figures, "others' messages": bulk };
        },
      })),
    ),
};
