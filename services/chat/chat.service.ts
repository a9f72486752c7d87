import type { Ctx } from "../common/bus.ts";
import { defineService } from "../common/define-service.ts";
import { fault, isFault } from "../common/errors.ts";
import { pairOf, type Pair } from "../common/pair.ts";
import type { PushOf } from "../common/bus.ts";
import { chat } from "./chat.contract.ts";
import { changesRepository } from "./changes.repository.ts";
import { chatRepository } from "./chat.repository.ts";

type Parties = { userId: string; peerId: string };

export default defineService(chat, async ({ store, ids, push }) => {
  const db = await store();
  const repository = chatRepository(db, await ids(db));
  const { cursors, changes } = changesRepository(db);

  const tell = (event: PushOf<"chat.message.changed">) =>
    push.toUsers(event.message.members, "chat.message.changed", event);

  /** The pair of both, once the other is known to exist: users are never removed, so a conversation is proof. */
  const authorise = async <P extends Parties>(ctx: Ctx<P>): Promise<{ pair: Pair; isOpen: boolean }> => {
    const { userId, peerId } = ctx.params;
    if (userId === peerId) throw fault("CONVERSATION_NOT_FOUND");
    const pair = pairOf(userId, peerId);
    const isOpen = await repository.hasConversation(pair);
    if (!isOpen)
      await ctx.call("users.get", { id: peerId }).catch((error: unknown) => {
        throw isFault(error, "USER_NOT_FOUND") ? fault("CONVERSATION_NOT_FOUND") : error;
      });
    return { pair, isOpen };
  };

  type Changing = Ctx<Parties & { messageId: string; nonce: string; content?: string }>;
  const revise = async (ctx: Changing, content: string | null) => {
    const { userId: authorId, messageId, nonce } = ctx.params;
    const { pair } = await authorise(ctx);
    const message = await repository.revise(pair, { authorId, messageId, content, nonce });
    tell({ change: content === null ? "deleted" : "edited", message, nonce });
    return message;
  };

  return {
    actions: {
      async send(ctx) {
        const { userId: authorId, content, nonce } = ctx.params;
        const { pair, isOpen } = await authorise(ctx);
        if (!isOpen) await repository.createConversation(pair);
        const message = await repository.append(pair, { authorId, content, nonce });
        tell({ change: "sent", message, nonce });
        return message;
      },

      edit: (ctx) => revise(ctx, ctx.params.content),

      delete: (ctx) => revise(ctx, null),

      async history(ctx) {
        const { pair } = await authorise(ctx);
        return repository.before(pair, ctx.params.before, ctx.params.limit);
      },

      cursors: ({ params: { userId, after } }) => cursors(userId, after),

      changes: ({ params: { userId, conversationId, after, limit } }) =>
        changes(userId, conversationId, after, limit),
    },
  };
});
