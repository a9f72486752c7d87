import type { Call } from "./call.ts";
import type { Change } from "./feed.ts";

const PAGE = 100;
type Missed = { changes: Change[]; upTo: number; complete: boolean };

/**
 * Reads what happened in a conversation after `since`, a page at each call, each message once, as it now stands: as
 * news to somebody who stood there. One that came and went meanwhile is still told of as deleted: it may have been seen
 * by a `load`. A call that fails may be made again.
 */
export function missedSince(call: Call, userId: string, conversationId: string, since: number) {
  const told = new Set<string>();
  let after = since;
  return async (): Promise<Missed> => {
    const params = { userId, conversationId, after, limit: PAGE };
    const { changes, upTo, complete } = await call("chat.changes", params, { writes: false });
    const news = changes.map(({ message, nonce }): Change => {
      const isNew = message.sentSeq > since && !told.has(message.id);
      told.add(message.id);
      return { change: message.deleted ? "deleted" : isNew ? "sent" : "edited", message, nonce };
    });
    after = upTo;
    return { changes: news, upTo, complete };
  };
}
