import { setTimeout as pause } from "node:timers/promises";
import { fault } from "../services/common/errors.ts";
import { failpoint, planted } from "../services/common/failpoints.ts";
import { isSnowflake } from "../services/common/validate.ts";
import type { Admit } from "./admission.ts";
import type { Call } from "./call.ts";
import { readCursors } from "./cursors.ts";
import type { Interest } from "./interest.ts";
import { missedSince } from "./missed.ts";
import type { Session } from "./session.ts";

/** Changes of one conversation above which a client is told to load it anew. */
const MOST_MISSED = 500;
/** The same, of all that one `sync` may bring. */
const MOST_IN_ALL = 5_000;

type Cursors = Record<string, number>;

/**
 * `sync`: a session begins to hear of its user's conversations, and is first told what was missed. Runs with pushes
 * held back, so that what is read from the store and what happens meanwhile meet without a hole; what the session has
 * read is then left out of the pushes.
 */
export function resumer({ call, interest, admit }: { call: Call; interest: Interest; admit: Admit }) {
  return async (session: Session, userId: string, wanted: unknown): Promise<string[]> => {
    const cursors = parse(wanted);
    const wasLive = session.isLive;
    const isLate = planted("gateway.fetch-before-subscribe");
    if (!isLate) session.goLive(); // before reading, so that no change falls between
    try {
      return cursors ? await catchUp(session, userId, cursors) : [];
    } catch (error) {
      if (!wasLive) session.notLive();
      throw error;
    } finally {
      if (isLate) await pause(300).then(() => session.goLive());
    }
  };

  /** Answers with the conversations of which too much was missed. */
  async function catchUp(session: Session, userId: string, cursors: Cursors): Promise<string[]> {
    const now = await admit(session, () => standing(userId, cursors));
    const reload = Object.keys(cursors).filter((chat) => !now.has(chat));
    let left = MOST_IN_ALL;
    for (const [chat, lastSeq] of now) {
      const since = Object.hasOwn(cursors, chat) ? (cursors[chat] ?? 0) : 0;
      if (since > lastSeq || lastSeq - since > Math.min(MOST_MISSED, left)) reload.push(chat);
      else if (lastSeq > since) {
        left -= lastSeq - since;
        await replay(session, userId, chat, since);
      }
    }
    return reload;
  }

  /** What was read for the user's first socket here will do, unless the client knows of more. */
  async function standing(userId: string, cursors: Cursors): Promise<Map<string, number>> {
    const recent = interest.recent(userId);
    const knowsMore = Object.entries(cursors).some(([chat, seq]) => seq > (recent?.get(chat) ?? 0));
    return recent && !knowsMore ? recent : readCursors(call, userId);
  }

  async function replay(session: Session, userId: string, chat: string, since: number): Promise<void> {
    const next = missedSince(call, userId, chat, since);
    for (let complete = false; !complete && session.isOpen;) {
      const page = await admit(session, next); // and not while it is waited for the client to read
      for (const payload of page.changes) session.tell({ name: "chat.message.changed", payload }, userId);
      session.passed({ conversationId: chat, seq: page.upTo });
      await session.read();
      complete = page.complete;
      await failpoint("gateway.mid-resume");
    }
  }
}

/** @throws INVALID */
function parse(wanted: unknown): Cursors | undefined {
  if (wanted === undefined) return undefined;
  const isMap = typeof wanted === "object" && wanted !== null && !Array.isArray(wanted);
  const isCursor = ([chat, seq]: [string, unknown]) =>
    isSnowflake(chat) && Number.isSafeInteger(seq) && Number(seq) >= 0;
  if (!isMap || !Object.entries(wanted).every(isCursor))
    throw fault("INVALID", "cursors: must be an object of chat ids and the last seq seen of each.");
  return wanted as Cursors;
}
