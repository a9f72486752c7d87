import type { ResultOf } from "../services/common/bus.ts";
import { fault } from "../services/common/errors.ts";
import type { User } from "../services/common/rules.ts";
import type { Call } from "./call.ts";
import type { Interest } from "./interest.ts";
import type { Ref } from "./protocol.ts";
import type { Session } from "./session.ts";

/** All that a user is told of themselves when they authenticate. */
export type Overview = ResultOf<"friends.overview"> & { user: User };

const READ = { writes: false };

/** Binds a session to the user of a token, and tells what they need to begin. */
export function authenticator({ call, interest }: { call: Call; interest: Interest }) {
  return async (session: Session, token: unknown, ref: Ref): Promise<void> => {
    if (!session.protocol.resumes && !session.hasBeaten) throw fault("NO_HEARTBEAT");
    if (typeof token !== "string") throw fault("INVALID", "auth: must be a token.");
    const { userId } = await call("auth.authenticate", { token }, READ);
    if (session.userId !== undefined && session.userId !== userId) throw fault("OTHER_USER");
    if (session.userId === undefined) await interest.join(userId, session); // before reading, so that no change falls between
    try {
      const [user, overview] = await Promise.all([
        call("users.get", { id: userId }, READ),
        call("friends.overview", { userId }, READ),
      ]);
      session.userId = userId;
      session.reply(session.protocol.authenticated({ user, ...overview }), ref);
    } finally {
      if (session.userId === undefined || !session.isOpen) interest.leave(userId, session);
    }
  };
}
