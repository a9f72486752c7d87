import type { Ctx } from "../common/bus.ts";
import { fault, isFault } from "../common/errors.ts";
import { pairOf, type Pair } from "../common/pair.ts";
import type { ChatRepository, Room } from "./chat.repository.ts";

/** Who asks, and of which conversation: by its id, or by its other member. */
export type Target = { userId: string; conversationId?: string; peerId?: string };
/** Calls other services for the request under way. */
type Caller = Pick<Ctx<unknown>, "call">;
export type Membership = ReturnType<typeof membership>;

/** Every action on a conversation begins here: an id that was sent proves nothing. */
export function membership(repository: ChatRepository) {
  const byId = async (userId: string, conversationId: string): Promise<Room | undefined> => {
    const room = await repository.roomById(conversationId);
    return room && Object.values(room.pair).includes(userId) ? room : undefined;
  };
  /** The pair of both, and their conversation if there is one. */
  const byPeer = async (userId: string, peerId: string): Promise<{ pair: Pair; room?: Room }> => {
    if (peerId === userId) throw fault("CONVERSATION_NOT_FOUND");
    const pair = pairOf(userId, peerId);
    return { pair, room: await repository.roomOf(pair) };
  };

  /** A conversation, one of whose members asks. @throws CONVERSATION_NOT_FOUND */
  const existing = async ({ userId, conversationId, peerId }: Target): Promise<Room> => {
    if (conversationId === undefined && peerId === undefined) throw fault("INVALID", "chat_id: is required.");
    const room =
      conversationId === undefined
        ? (await byPeer(userId, peerId ?? "")).room
        : await byId(userId, conversationId);
    if (!room) throw fault("CONVERSATION_NOT_FOUND");
    return room;
  };

  /**
   * The same, made where both users are there and their conversation is not. Users are never removed, so one that is
   * there proves that the other user exists.
   */
  const opened = async (ctx: Caller, wanted: Target): Promise<Room> => {
    const { userId, conversationId, peerId } = wanted;
    if (conversationId !== undefined || peerId === undefined) return existing(wanted);
    const { pair, room } = await byPeer(userId, peerId);
    if (room) return room;
    await checkUser(ctx, peerId);
    return repository.createRoom(pair);
  };

  /** The same where it may not be there: undefined then. @throws CONVERSATION_NOT_FOUND where it can never be */
  const known = async <P extends Target>(ctx: Ctx<P>): Promise<Room | undefined> => {
    const { userId, conversationId, peerId } = ctx.params;
    if (conversationId !== undefined || peerId === undefined) return existing(ctx.params);
    const { room } = await byPeer(userId, peerId);
    if (!room) await checkUser(ctx, peerId);
    return room;
  };

  return { existing, known, opened };
}

const checkUser = (ctx: Caller, id: string) =>
  ctx.call("users.get", { id }).catch((error: unknown) => {
    throw isFault(error, "USER_NOT_FOUND") ? fault("CONVERSATION_NOT_FOUND") : error;
  });
