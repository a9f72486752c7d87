import { many, together, type Scenario } from "./scenario.ts";

const SHORT = 100;
const LONG = 100_000;
const REQUESTS = 300;

export const history: Scenario = {
  name: "history",
  about: `pages of 50 of conversations of ${SHORT} and ${LONG} messages`,
  cases: (options) =>
    together(["cluster", "embedded"], (system) => ({
      system,
      plan: {
        seed: {
          users: 3,
          chats: [
            { first: 0, second: 1, messages: SHORT },
            { first: 0, second: 2, messages: LONG },
          ],
        },
      },
      async run(_, { load }) {
        const settings = { requests: many(options, REQUESTS), long: LONG };
        return (await load({ name: "history", users: 3, settings })).figures;
      },
    })),
};
