import type { Ctx, InputOf, ResultOf } from "../common/bus.ts";
import { fault } from "../common/errors.ts";
import type { PushBus } from "../common/push-bus.ts";
import type { ChatRepository } from "./chat.repository.ts";
import type { Membership, Target } from "./membership.ts";
import type { ReadingRepository } from "./reading.repository.ts";

type Deps = { repository: ChatRepository; membership: Membership; reading: ReadingRepository; push: PushBus };

/** What only looks, and what is said of somebody's looking. */
export function readingActions({ repository, membership, reading, push }: Deps) {
  const { membersOf, authorise } = membership;
  return {
    async history(ctx: Ctx<Target & { before: number; limit: number }>) {
      const { pair } = await authorise(ctx);
      return repository.before(pair, ctx.params.before, ctx.params.limit);
    },

    async page({ params }: Ctx<InputOf<"chat.page">>): Promise<ResultOf<"chat.page">> {
      const page = await repository.page(await membersOf(params), params);
      if (!page) throw fault("CONVERSATION_NOT_FOUND");
      const { conversationId, messages, hasMore } = page;
      const [first, last] = [messages.at(0)?.sentSeq ?? null, messages.at(-1)?.sentSeq ?? null];
      const cursors =
        params.after === undefined
          ? { before: hasMore ? first : null, after: params.before === undefined ? null : last }
          : { before: first, after: hasMore ? last : null };
      return { conversationId, messages, ...cursors };
    },

    async list(ctx: Ctx<InputOf<"chat.list">>): Promise<ResultOf<"chat.list">> {
      const { chats, before } = await reading.list(ctx.params.userId, ctx.params.before);
      const peers = await ctx.call("users.list", { ids: chats.map(({ peerId }) => peerId) });
      const byId = new Map(peers.map((peer) => [peer.id, peer]));
      return {
        chats: chats.flatMap(({ id, peerId, lastMessage, lastSeq, readSeq, unread }) => {
          const peer = byId.get(peerId);
          return peer ? [{ conversationId: id, peer, lastMessage, lastSeq, readSeq, unread }] : [];
        }),
        before,
      };
    },

    async read({ params }: Ctx<InputOf<"chat.read">>): Promise<ResultOf<"chat.read">> {
      const { userId, seq, origin } = params;
      const read = await reading.read(userId, await membersOf(params), seq);
      if (!read) throw fault("CONVERSATION_NOT_FOUND");
      push.toUsers([userId], "chat.read.moved", { ...read, origin });
      return read;
    },

    async typing({ params }: Ctx<Target>): Promise<void> {
      const { userId, conversationId } = params;
      const { lowId, highId } = await membersOf(params);
      if (conversationId === undefined) throw fault("INVALID", "chat_id: is required.");
      push.toUsers([lowId === userId ? highId : lowId], "chat.member.typing", { conversationId, userId });
    },
  };
}
