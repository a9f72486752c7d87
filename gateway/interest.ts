import type { Logger } from "moleculer";
import pLimit from "p-limit";
import { failpoint, planted } from "../services/common/failpoints.ts";
import type { Meter } from "../services/common/metrics.ts";
import type { Push, PushBus } from "../services/common/push-bus.ts";
import type { Call } from "./call.ts";
import { Encoded } from "./encoded.ts";
import { Feed, type Position } from "./feed.ts";
import { AT_ONCE, type Protocol } from "./protocol.ts";
import type { About, Session } from "./session.ts";

type Holding = { sessions: Set<Session>; feed: Feed; ready: Promise<() => void> };

/**
 * Which users this process holds sockets of. It hears of those users and of nobody else, from their first socket's
 * auth to their last one's end.
 */
export type Interest = {
  /** After this resolves, every push for the session's user reaches it. @throws UNAVAILABLE */
  join(userId: string, session: Session): Promise<void>;
  leave(userId: string, session: Session): void;
  /** Where the user's conversations stand, if that was read a moment ago. */
  recent(userId: string): Map<string, number> | undefined;
  /** Resolves when the user's sockets were told of all up to a change; with false where that takes too long. */
  reached(userId: string, position: Position): Promise<boolean>;
};

/** Users that are caught up at the same time. */
const CATCH_UPS = 16;
const AGAIN_MS = 500;

export type InterestDeps = { push: PushBus; call: Call; log: Logger; meter: Meter };

export function createInterest({ push, call, log, meter }: InterestDeps): Interest {
  const holdings = new Map<string, Holding>();

  const hold = (userId: string): Holding => {
    const sessions = new Set<Session>();
    const tell = (it: Push) =>
      meter.count("rewind.gateway.pushes", { push: it.name }, deliver(sessions, userId, it));
    const feed = new Feed({
      ...{ userId, call, log, meter },
      deliver: (payload) => tell({ name: "chat.message.changed", payload }),
      late() {
        for (const session of sessions)
          if (session.isLive) session.close(1001, "Missed something, connect again.", AT_ONCE);
      },
    });
    const receive = (it: Push) => {
      if (it.name === "chat.message.changed") feed.receive(it.payload);
      else if (it.name === "chat.conversation.moved") feed.moved(it.payload);
      else tell(it);
    };
    const ready = open(feed, () => push.onUser(userId, receive));
    const holding = { sessions, feed, ready };
    holdings.set(userId, holding);
    return holding;
  };

  meter.watch("rewind.gateway.users", {}, () => holdings.size);

  push.onLoss(catchUpAll(holdings, { call, log }));

  return {
    async join(userId, session) {
      const holding = holdings.get(userId) ?? hold(userId);
      holding.sessions.add(session);
      await holding.ready.catch((error: unknown) => {
        if (holdings.get(userId) === holding) holdings.delete(userId); // the next one tries anew
        throw error;
      });
    },
    leave(userId, session) {
      const holding = holdings.get(userId);
      if (!holding?.sessions.delete(session) || holding.sessions.size > 0) return;
      holdings.delete(userId);
      holding.feed.close();
      holding.ready.then(
        (unsubscribe) => unsubscribe(),
        () => {}, // was never subscribed
      );
    },
    recent: (userId) => holdings.get(userId)?.feed.recent,
    reached: async (userId, position) => (await holdings.get(userId)?.feed.reached(position)) ?? true,
  };
}

/** Encodes a push once for all sockets of a protocol version. Answers to how many it went. */
function deliver(sessions: Set<Session>, userId: string, push: Push): number {
  let count = 0;
  const frames = new Map<string, Told | null>();
  const isOfChats = push.name.startsWith("chat.");
  for (const session of sessions) {
    if (isOfChats && !session.isLive) continue;
    const { subprotocol } = session.protocol;
    let told = frames.get(subprotocol);
    if (told === undefined) frames.set(subprotocol, (told = toldBy(session.protocol, userId, push)));
    if (told === null || originOf(push) === session.id) continue;
    session.push(told.frame, told.about);
    if (planted("gateway.double-push")) session.push(told.frame, told.about);
    void failpoint("gateway.mid-fanout");
    count += 1;
  }
  return count;
}

/** The socket that asked for what is pushed: it has its answer already. */
const originOf = ({ payload }: Push) => ("origin" in payload ? payload.origin : undefined);

type Told = { frame: Encoded; about: About };

/** What sockets of a protocol version are told. */
function toldBy(protocol: Protocol, userId: string, push: Push): Told | null {
  const encode = (it: Push) => {
    const outgoing = protocol.push(it, userId);
    return outgoing && new Encoded(outgoing);
  };
  const frame = encode(push);
  return frame && { frame, about: aboutOf(push, userId, encode) };
}

function aboutOf(push: Push, userId: string, encode: (push: Push) => Encoded | null): About {
  if (push.name !== "chat.message.changed") return {};
  const { change, message, nonce } = push.payload;
  const about = { position: message, ...(message.authorId === userId && { nonce }) };
  if (change !== "sent" || message.seq === message.sentSeq) return about;
  const frame = encode({ ...push, payload: { ...push.payload, change: "edited" } });
  return { ...about, ...(frame && { known: { sentSeq: message.sentSeq, frame } }) };
}

/** After a loss: what every user missed is fetched, of a few at a time, until it is. */
function catchUpAll(holdings: Map<string, Holding>, { call, log }: Pick<InterestDeps, "call" | "log">) {
  const few = pLimit(CATCH_UPS);
  const catchUp = async (userId: string): Promise<void> => {
    try {
      await few(async () => {
        const holding = holdings.get(userId);
        await holding?.feed.catchUp();
        if (holding) await retell(call, userId, holding.sessions);
      });
    } catch (error) {
      log.warn({ err: error }, "what a user missed cannot be fetched yet");
      setTimeout(() => void catchUp(userId), AGAIN_MS * (1 + Math.random())).unref();
    }
  };
  return () => {
    for (const userId of holdings.keys()) void catchUp(userId);
  };
}

/** What happened between friends comes by push alone: where one may have been lost, all of it is said again. */
async function retell(call: Call, userId: string, sessions: Set<Session>): Promise<void> {
  const listening = [...sessions].filter(({ protocol }) => protocol.friends);
  if (listening.length === 0) return;
  const overview = await call("friends.overview", { userId }, { writes: false });
  for (const session of listening) {
    const frame = session.protocol.friends?.(overview);
    if (frame) session.push(new Encoded(frame));
  }
}

/** First subscribed, then read: what happens between is heard. */
async function open(feed: Feed, subscribe: () => Promise<() => void>): Promise<() => void> {
  const unsubscribe = await subscribe();
  await feed.open();
  return unsubscribe;
}
