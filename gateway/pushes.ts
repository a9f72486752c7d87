import type { PushName, PushOf } from "../services/common/bus.ts";
import type { Push } from "../services/common/push-bus.ts";
import type { Outgoing } from "./protocol.ts";
import { chatFrame } from "./protocol-v1.frames.ts";

type Pushes = { [P in PushName]: (payload: PushOf<P>, receiverId: string) => Outgoing | null };

/** v1's words for what happened between two users. */
const changes = { requested: "request", accepted: "response", removed: "remove", ended: "delete" } as const;

/** Protocol v1: what a user hears of without asking. */
const pushesV1: Pushes = {
  "chat.message.changed": ({ change, message }) => chatFrame(change === "sent" ? "send" : "edit", message),

  // To the one it was done to, `user` is who did it. The other devices of the one who did it get the other user:
  // they change their lists as if that user had done it. Of one's own request v1 shows nothing, so nothing is said.
  "friends.relation.changed": ({ change, user, by }, receiverId) =>
    change === "requested" && by === receiverId
      ? null
      : { type: "mutual_users", payload: { type: changes[change], user } },

  "friends.friend.updated": ({ user }) => ({ type: "user", payload: user }),
};

export const pushV1 = ({ name, payload }: Push, receiverId: string): Outgoing | null =>
  pushesV1[name](payload as never, receiverId);
