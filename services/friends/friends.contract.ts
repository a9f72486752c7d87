import { contract } from "../common/contract.ts";
import { id, name, nonce, origin, user, users } from "../common/rules.ts";

const change = { userId: id, name, nonce, origin } as const;
const done = { type: "object", props: user } as const;

export const friends = contract({
  name: "friends",
  actions: {
    overview: {
      together: true,
      description: "Who asked to be this user's friend, and who is.",
      params: { userId: id },
      result: { type: "object", props: { requests: users, friends: users } },
    },
    request: {
      description: "Asks the named user. Asking someone who already asked accepts.",
      params: change,
      result: done,
    },
    accept: { description: "Accepts the named user's request.", params: change, result: done },
    remove: {
      description: "Declines the named user's request, or withdraws the one made to them.",
      params: change,
      result: done,
    },
    end: {
      description: "Ends the friendship with the named user, on both sides.",
      params: change,
      result: done,
    },
  },
  events: {},
  pushes: {
    /** To both: what happened between the receiver and `user`. `by` did it, from the socket `origin`. */
    "relation.changed": {
      change: { type: "enum", values: ["requested", "accepted", "removed", "ended"] },
      user: { type: "object", props: user },
      by: id,
      origin,
    },
    /** To the user and their friends. */
    "friend.updated": { user: { type: "object", props: user }, origin },
  },
});
