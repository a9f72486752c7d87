import type { Ctx } from "../common/bus.ts";
import { defineService } from "../common/define-service.ts";
import { fault } from "../common/errors.ts";
import type { User } from "../common/rules.ts";
import { friends } from "./friends.contract.ts";
import { friendsRepository } from "./friends.repository.ts";
import type { Verb } from "./friends.rules.ts";

/** Friends, and likewise requests, that one user may have: what one frame can carry. */
const MOST = 1000;

type ChangeCtx = Ctx<{ userId: string; name: string; nonce: string; origin?: string }>;

export default defineService(
  friends,
  async ({ store, push }) => {
    const repository = friendsRepository(await store());

    /** Best effort: two people at the limit at once may pass it by one. */
    const checkRoom = async (verb: Verb, userId: string, target: User) => {
      if (verb === "remove" || verb === "end") return;
      const full = async (id: string) => (await repository.friendIds(id)).length >= MOST;
      if ((await full(userId)) || (await full(target.id)))
        throw fault("FULL", "the list of friends is full.");
      if (verb === "request" && (await repository.requesterIds(target.id)).length >= MOST)
        throw fault("FULL", "select named user has too many requests.");
    };

    const change = (verb: Verb) => async (ctx: ChangeCtx) => {
      const { userId, name, nonce, origin } = ctx.params;
      const [self, target] = await Promise.all([
        ctx.call("users.get", { id: userId }),
        ctx.call("users.get", { name }),
      ]);
      if (target.id === userId) throw fault("ONESELF");
      await checkRoom(verb, userId, target);
      const { change: done, isLast } = await repository.change(verb, userId, target.id, nonce);
      if (!isLast) return target; // a late repetition: what it did is history
      const told = { change: done, by: userId, origin };
      push.toUsers([target.id], "friends.relation.changed", { ...told, user: self });
      push.toUsers([userId], "friends.relation.changed", { ...told, user: target });
      return target;
    };

    return {
      actions: {
        async overview(ctx) {
          const { userId } = ctx.params;
          const [requesterIds, friendIds] = await Promise.all([
            repository.requesterIds(userId),
            repository.friendIds(userId),
          ]);
          const ids = [...requesterIds, ...friendIds];
          const known = ids.length === 0 ? [] : await ctx.call("users.list", { ids });
          const requesters = new Set(requesterIds);
          return {
            requests: known.filter(({ id }) => requesters.has(id)),
            friends: known.filter(({ id }) => !requesters.has(id)),
          };
        },
        request: change("request"),
        accept: change("accept"),
        remove: change("remove"),
        end: change("end"),
      },

      events: {
        async "users.user.updated"(update) {
          const { id } = update.user;
          push.toUsers([id, ...(await repository.friendIds(id))], "friends.friend.updated", update);
        },
      },
    };
  },
  ["users.user.updated"],
);
