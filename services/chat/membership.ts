import type { Ctx } from "../common/bus.ts";
import { fault, isFault } from "../common/errors.ts";
import { pairOf, type Pair } from "../common/pair.ts";
import type { ChatRepository } from "./chat.repository.ts";

/** Who asks, and of which conversation: by its id, or by its other member. */
export type Target = { userId: string; conversationId?: string; peerId?: string };
export type Membership = ReturnType<typeof membership>;

/** Every action on a conversation begins here: an id that was sent proves nothing. */
export function membership(repository: ChatRepository) {
  /** The members of a conversation, one of whom asks. @throws CONVERSATION_NOT_FOUND */
  const membersOf = async ({ userId, conversationId, peerId }: Target): Promise<Pair> => {
    if (conversationId === undefined && peerId === undefined) throw fault("INVALID", "chat_id: is required.");
    if (peerId === userId) throw fault("CONVERSATION_NOT_FOUND");
    const pair =
      conversationId === undefined
        ? pairOf(userId, peerId ?? "")
        : await repository.membersOf(conversationId, userId);
    if (!pair) throw fault("CONVERSATION_NOT_FOUND");
    return pair;
  };

  /**
   * The same where the conversation may not be there yet. Users are never removed, so one that is there proves that
   * the other user exists.
   */
  const authorise = async <P extends Target>(ctx: Ctx<P>): Promise<{ pair: Pair; isOpen: boolean }> => {
    const { conversationId, peerId } = ctx.params;
    const pair = await membersOf(ctx.params);
    const isOpen = conversationId !== undefined || (await repository.hasConversation(pair));
    if (!isOpen)
      await ctx.call("users.get", { id: peerId }).catch((error: unknown) => {
        throw isFault(error, "USER_NOT_FOUND") ? fault("CONVERSATION_NOT_FOUND") : error;
      });
    return { pair, isOpen };
  };

  return { membersOf, authorise };
}
