import type { Push, PushBus } from "../services/common/push-bus.ts";
import type { Session } from "./session.ts";

type Holding = { sessions: Set<Session>; subscribed: Promise<() => void> };

/**
 * Which users this process holds sockets of. It hears of those users and of nobody else, from their first socket's
 * auth to their last one's end.
 */
export type Interest = {
  /** After this resolves, every push for the session's user reaches it. @throws UNAVAILABLE */
  join(userId: string, session: Session): Promise<void>;
  leave(userId: string, session: Session): void;
};

export function createInterest(bus: PushBus): Interest {
  const holdings = new Map<string, Holding>();

  const hold = (userId: string): Holding => {
    const sessions = new Set<Session>();
    const subscribed = bus.onUser(userId, (push) => deliver(sessions, userId, push));
    const holding = { sessions, subscribed };
    holdings.set(userId, holding);
    return holding;
  };

  return {
    async join(userId, session) {
      const holding = holdings.get(userId) ?? hold(userId);
      holding.sessions.add(session);
      await holding.subscribed.catch((error: unknown) => {
        if (holdings.get(userId) === holding) holdings.delete(userId); // the next one tries anew
        throw error;
      });
    },
    leave(userId, session) {
      const holding = holdings.get(userId);
      if (!holding?.sessions.delete(session) || holding.sessions.size > 0) return;
      holdings.delete(userId);
      holding.subscribed.then(
        (unsubscribe) => unsubscribe(),
        () => {}, // was never subscribed
      );
    },
  };
}

/** Encodes a push once for all sockets of a protocol version. */
function deliver(sessions: Set<Session>, userId: string, push: Push) {
  const texts = new Map<string, string | null>();
  for (const session of sessions) {
    const { subprotocol } = session.protocol;
    let text = texts.get(subprotocol);
    if (text === undefined) {
      const frame = session.protocol.push(push, userId);
      text = frame && JSON.stringify(frame);
      texts.set(subprotocol, text);
    }
    if (text !== null && originOf(push) !== session.id) session.push(text);
  }
}

/** The socket that asked for what is pushed: it has its answer already. */
const originOf = ({ payload }: Push) => ("origin" in payload ? payload.origin : undefined);
