import { defineService } from "../common/define-service.ts";
import { fault } from "../common/errors.ts";
import { nameKey } from "../common/names.ts";
import type { User } from "../common/rules.ts";
import { users } from "./users.contract.ts";
import { usersRepository } from "./users.repository.ts";

/** Ids in one query; SQL engines bound the length of a list. */
const CHUNK = 500;

export default defineService(users, async ({ store }) => {
  const repository = usersRepository(await store());

  const existing = (user: User | undefined): User => {
    if (!user) throw fault("USER_NOT_FOUND");
    return user;
  };

  return {
    actions: {
      async create({ params: { id, name } }) {
        const user: User = { id, name, profile: null };
        if (await repository.insert(user, nameKey(name))) return user;
        const known = await repository.byId(id);
        if (known && nameKey(known.name) === nameKey(name)) return known;
        throw fault("NAME_TAKEN");
      },

      async get({ params: { id, name } }) {
        if (id !== undefined) return existing(await repository.byId(id));
        if (name !== undefined) return existing(await repository.byKey(nameKey(name)));
        throw fault("INVALID", "an id or a name is needed.");
      },

      async list({ params: { ids } }) {
        const found = new Map<string, User>();
        for (let start = 0; start < ids.length; start += CHUNK)
          for (const user of await repository.byIds(ids.slice(start, start + CHUNK)))
            found.set(user.id, user);
        return ids.flatMap((id) => found.get(id) ?? []);
      },

      async setProfile(ctx) {
        const { id, profile, nonce, origin } = ctx.params;
        await repository.setProfile(id, profile, nonce);
        const user = existing(await repository.byId(id));
        await ctx.emit("users.user.updated", { user, origin });
        return user;
      },
    },
  };
});
