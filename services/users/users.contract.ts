import { contract } from "../common/contract.ts";
import { id, name, newName, nonce, origin, profile, user, users as userList } from "../common/rules.ts";

export const users = contract({
  name: "users",
  actions: {
    create: {
      description:
        "Makes a user. Idempotent by id; NAME_TAKEN when another user has the name, whatever its case.",
      params: { id, name: newName },
      result: { type: "object", props: user },
    },
    get: {
      together: true,
      description: "The user with this id or, where no id is given, this name, whatever its case.",
      params: { id: { ...id, optional: true }, name: { ...name, optional: true } },
      result: { type: "object", props: user },
    },
    list: {
      description: "The users with these ids, in the order asked for; unknown ids are left out.",
      params: { ids: { type: "array", items: id, max: 2000 } },
      result: userList,
    },
    setProfile: {
      description:
        "Sets or, with null, removes the address of a user's picture; once for each user and nonce, for good.",
      params: { id, profile, nonce, origin },
      result: { type: "object", props: user },
    },
  },
  events: { "user.updated": { user: { type: "object", props: user }, origin } },
  pushes: {},
});
