import { many, together, type Scenario } from "./scenario.ts";

const CLIENTS = 1_000;
const TALKERS = 20;
const MESSAGES = 25;
const MISSED = 5;

export const resume: Scenario = {
  name: "resume",
  about: `${CLIENTS} clients are cut and come back at once, each to ${MISSED} missed messages, while ${TALKERS} users chat`,
  cases: (options) => {
    const clients = many(options, CLIENTS);
    const users = TALKERS + 2 * clients;
    const chats = Array.from({ length: clients }, (_, nth) => ({
      ...{ first: TALKERS + nth, second: TALKERS + clients + nth, messages: MESSAGES },
    }));
    return together(["cluster", "embedded"], (system) => ({
      system,
      plan: { seed: { users, chats } },
      async run(_, { load }) {
        const settings = { clients, talkers: TALKERS, messages: MESSAGES, missed: MISSED };
        return (await load({ name: "resume", users, settings })).figures;
      },
    }));
  },
};
