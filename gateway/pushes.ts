import type { PushName, PushOf } from "../services/common/bus.ts";
import type { Push } from "../services/common/push-bus.ts";
import type { Outgoing } from "./protocol.ts";
import { chatFrame } from "./protocol-v1.frames.ts";
import { messageOf, type Said } from "./protocol-v2.frames.ts";

type Pushes = { [P in PushName]: (payload: PushOf<P>, receiverId: string) => Outgoing | null };

const nothing = () => null;

/** The words of both versions for what happened between two users. */
const relations = { requested: "request", accepted: "response", removed: "remove", ended: "delete" } as const;

/** Of oneself and one's friends: the same in both versions. */
const people = {
  // To the one it was done to, `user` is who did it. The other devices of the one who did it get the other user:
  // they change their lists as if that user had done it. Of one's own request neither shows anything.
  "friends.relation.changed": ({ change, user, by }, receiverId) =>
    change === "requested" && by === receiverId
      ? null
      : { type: "mutual_users", payload: { type: relations[change], user } },

  "friends.friend.updated": ({ user }) => ({ type: "user", payload: user }),
} satisfies Partial<Pushes>;

/** Protocol v1: what a user hears of without asking. */
const pushesV1: Pushes = {
  ...people,
  "chat.message.changed": ({ change, message }) => chatFrame(change === "sent" ? "send" : "edit", message),
  "chat.conversation.moved": nothing, // for the feed (feed.ts)
  "chat.read.moved": nothing,
  "chat.member.typing": nothing,
};

const changes = { sent: "send", edited: "edit", deleted: "delete" } as const;
const TYPING_MS = 10_000;
const say = <T extends keyof Said>(type: T, payload: Said[T]): Outgoing => ({ type, payload });

/** Protocol v2. */
const pushesV2: Pushes = {
  ...people,
  "chat.message.changed": ({ change, message }, receiverId) =>
    say("chat", { type: changes[change], message: messageOf(message, receiverId) }),
  "chat.conversation.moved": nothing,
  "chat.read.moved": ({ conversationId, seq, unread }) =>
    say("read", { chat_id: conversationId, seq, unread }),
  "chat.member.typing": ({ conversationId, userId }) =>
    say("typing", { chat_id: conversationId, user_id: userId, expires_in_ms: TYPING_MS }),
};

const pusher =
  (pushes: Pushes) =>
  ({ name, payload }: Push, receiverId: string): Outgoing | null =>
    pushes[name](payload as never, receiverId);

export const pushV1 = pusher(pushesV1);
export const pushV2 = pusher(pushesV2);
