import { many, together, type Scenario } from "./scenario.ts";

const LOGINS = 200;
const TALKERS = 20;

export const loginStorm: Scenario = {
  name: "login-storm",
  about: `${LOGINS} users log in at once and do not try again, while ${TALKERS} others chat`,
  cases: (options) =>
    together(["cluster", "embedded"], (system) => ({
      system,
      plan: { seed: { users: LOGINS, accounts: LOGINS } },
      async run(_, { load }) {
        const settings = { logins: many(options, LOGINS), talkers: TALKERS };
        return (await load({ name: "logins", users: LOGINS, settings })).figures;
      },
    })),
};
