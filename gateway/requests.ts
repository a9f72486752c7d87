import type { InputOf } from "../services/common/bus.ts";
import { fault } from "../services/common/errors.ts";
import { planted } from "../services/common/failpoints.ts";
import type { Call } from "./call.ts";
import { failureOf, invalid } from "./failures.ts";
import type { FrameRow, Sender } from "./frame-row.ts";
import type { Interest } from "./interest.ts";
import { AT_ONCE } from "./protocol.ts";
import { isObject, type Request } from "./parse.ts";
import type { Replies, Session } from "./session.ts";

/** A frame that asks for an action, looked up, authorised and valid. */
export type Prepared = {
  /** The name of its row. */
  what: string;
  row: FrameRow;
  sender: Sender;
  ref?: string;
  /** Of the action; null: there is nothing to do. */
  params: object | null;
  /** What the write is known by, to all sockets of its author. */
  nonce: string;
};

/** @throws UNAUTHENTICATED, UNKNOWN_TYPE, INVALID */
export function prepare(session: Session, request: Request): Prepared {
  const { what, row } = lookUp(session, request);
  const sender = { userId: userOf(session), origin: session.id, nonce: session.nextNonce() };
  const payload = request.payload as never;
  const problems = row.check(payload);
  if (problems.length > 0) throw invalid(problems);
  const nonce = row.nonce?.(payload, sender) ?? sender.nonce;
  return { what, row, sender, ref: request.ref, params: row.params(payload, sender), nonce };
}

/** Calls and replies. */
export function performer({ call, interest }: { call: Call; interest: Interest }) {
  /** Waits until what comes before a change was told: the reply has its place in the one order. */
  const inStep = async (session: Session, { row, sender }: Prepared, result: unknown): Promise<void> => {
    if (row.writes && planted("gateway.deny-done")) throw fault("FAILED");
    const position = row.position?.(result as never);
    if (!position || (await interest.reached(sender.userId, position))) return;
    // Whoever counts by `seq` must not be given a later one first: they come back, and resume before it.
    if (session.protocol.resumes) session.close(1001, "Out of step, connect again.", AT_ONCE);
    else session.answeredEarly(position);
  };
  const replyTo = (session: Session, { row, sender, ref }: Prepared, result: unknown) => {
    for (const frame of row.reply(result as never, sender)) session.reply(frame, ref);
  };

  return {
    async one(session: Session, asked: Prepared): Promise<void> {
      const { row, sender, params, nonce } = asked;
      if (params === null) return;
      const ask = async (): Promise<Replies> => {
        const options = { writes: row.writes, requestID: sender.nonce };
        const result = await call(row.action, params as never, options);
        await inStep(session, asked, result);
        const seq = row.position?.(result as never).seq;
        return new Map([[nonce, { seq, send: () => replyTo(session, asked, result) }]]);
      };
      if (row.writes) await session.writing([nonce], ask);
      else await session.reading(async () => (await ask()).forEach(({ send }) => send()));
    },

    /** Several sends to one conversation, as one write. */
    run: (session: Session, sends: Prepared[]): Promise<void> =>
      session.writing(
        sends.map(({ nonce }) => nonce),
        async () => {
          const requestID = sends.map(({ sender }) => sender.nonce).join(" ");
          const messages = await call("chat.sendRun", together(sends), { writes: true, requestID });
          const each = sends.map((asked, i) => ({ asked, message: messages[i] }));
          await Promise.all(each.map(({ asked, message }) => message && inStep(session, asked, message)));
          return new Map(
            each.map(({ asked, message }, i) => [
              message ? asked.nonce : `\0${i}`, // a nonce that was refused is another change's
              {
                seq: message?.seq,
                send: () => (message ? replyTo(session, asked, message) : session.fail(REUSED, asked.ref)),
              },
            ]),
          );
        },
      ),
  };
}

const REUSED = failureOf(fault("NONCE_REUSED"), true);

type Send = InputOf<"chat.send">;
const isSend = ({ row, params }: Prepared) => row.action === "chat.send" && params !== null;
const targetOf = ({ userId, conversationId, peerId }: Send) => ({ userId, conversationId, peerId });
const isToSame = (one: Send, other: Send) =>
  one.conversationId === other.conversationId && one.peerId === other.peerId;

function together(sends: Prepared[]): InputOf<"chat.sendRun"> {
  const [first, ...others] = sends.map(({ params }) => params as Send);
  if (!first) throw fault("FAILED");
  const drafts = [first, ...others].map(({ content, nonce }) => ({ content, nonce }));
  return { ...targetOf(first), drafts };
}

/**
 * A send, and those to the same conversation that wait right behind it, which are taken.
 * @param peek the request that waits next, if it can be read
 */
export function runFrom(session: Session, first: Prepared, peek: () => Request | undefined, most: number) {
  const run = [first];
  const nonces = new Set([first.nonce]);
  while (isSend(first) && run.length < most) {
    const next = prepared(session, peek());
    if (!next || !isSend(next) || nonces.has(next.nonce)) break;
    if (!isToSame(first.params as Send, next.params as Send)) break;
    session.take();
    nonces.add(next.nonce);
    run.push(next);
  }
  return run;
}

/** Undefined for what is to be answered in its own turn, with what is wrong with it. */
function prepared(session: Session, request: Request | undefined): Prepared | undefined {
  if (request?.type !== "chat") return undefined;
  try {
    return prepare(session, request);
  } catch {
    return undefined;
  }
}

export function userOf({ userId }: Session): string {
  if (userId === undefined) throw fault("UNAUTHENTICATED");
  return userId;
}

function lookUp({ protocol }: Session, { type, payload }: Request) {
  const what = isObject(payload) ? protocol.rowOf({ type, payload }) : "";
  const row = Object.hasOwn(protocol.frames, what) ? protocol.frames[what] : undefined;
  if (!row) throw fault("UNKNOWN_TYPE");
  return { what, row };
}
