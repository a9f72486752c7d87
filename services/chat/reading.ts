import type { Ctx, InputOf, ResultOf } from "../common/bus.ts";
import type { PushBus } from "../common/push-bus.ts";
import type { ChatRepository } from "./chat.repository.ts";
import type { Membership, Target } from "./membership.ts";
import type { ReadingRepository } from "./reading.repository.ts";

type Deps = { repository: ChatRepository; membership: Membership; reading: ReadingRepository; push: PushBus };

/** What only looks, and what is said of somebody's looking. */
export function readingActions({ repository, membership, reading, push }: Deps) {
  const { existing } = membership;
  return {
    async history(ctx: Ctx<Target & { before: number; limit: number }>) {
      const room = await membership.known(ctx);
      return room ? repository.before(room, ctx.params.before, ctx.params.limit) : [];
    },

    async page({ params }: Ctx<InputOf<"chat.page">>): Promise<ResultOf<"chat.page">> {
      const { conversationId, messages, hasMore } = await repository.page(await existing(params), params);
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
      const read = await reading.read(userId, await existing(params), seq);
      push.toUsers([userId], "chat.read.moved", { ...read, origin });
      return read;
    },

    async typing({ params }: Ctx<Target>): Promise<void> {
      const { userId } = params;
      const { id: conversationId, pair } = await existing(params);
      const { lowId, highId } = pair;
      push.toUsers([lowId === userId ? highId : lowId], "chat.member.typing", { conversationId, userId });
    },
  };
}
