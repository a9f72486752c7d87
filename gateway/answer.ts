import type { Logger } from "moleculer";
import type { ResultOf } from "../services/common/bus.ts";
import { fault, isFault } from "../services/common/errors.ts";
import type { Meter } from "../services/common/metrics.ts";
import type { User } from "../services/common/rules.ts";
import type { Call } from "./call.ts";
import { failureOf, invalid, isOurs } from "./failures.ts";
import type { FrameRow, Sender } from "./frames.ts";
import type { Interest } from "./interest.ts";
import type { Frame, Session } from "./session.ts";

/** All that a user is told of themselves when they authenticate. */
export type Overview = ResultOf<"friends.overview"> & { user: User };

const READ = { writes: false };
const MAX_FRAME_BYTES = 16 * 1024;

type Payload = Record<string, unknown>;
const isObject = (value: unknown): value is Payload =>
  typeof value === "object" && value !== null && !Array.isArray(value);

type Deps = { call: Call; interest: Interest; log: Logger; meter: Meter };
/** What a frame asks for, in words of ours: what to do, and for the failure of that, the row it came from. */
type Asked = { what: string; run(): Promise<void>; row?: FrameRow; requestID?: string };

/** The way of one frame: parse, look up, authorise, validate, call, reply. The answer never rejects. */
export function frameAnswerer(deps: Deps) {
  const { call, interest, log, meter } = deps;
  const authenticate = authenticator(deps);

  const request = async (session: Session, row: FrameRow, payload: Payload, sender: Sender) => {
    const problems = row.check(payload);
    if (problems.length > 0) throw invalid(problems);
    const params = row.params(payload as never, sender);
    if (params === null) return;
    const result = await call(row.action, params as never, { writes: row.writes, requestID: sender.nonce });
    if (row.position) await interest.reached(sender.userId, row.position(result as never));
    for (const frame of row.reply(result as never, sender)) session.reply(frame);
  };

  const understand = (session: Session, frame: Frame): Asked => {
    const { text, type, payload } = parse(frame);
    if (type === "heartbeat") return { what: "heartbeat", run: async () => session.beat(text) };
    if (!isObject(payload)) throw fault("INVALID", "payload: must be an object.");
    if (type === "auth")
      return { what: "auth", run: () => session.reading(() => authenticate(session, payload["auth"])) };
    const { what, row } = lookUp(session, { type, payload });
    const { userId } = session;
    if (userId === undefined) throw fault("UNAUTHENTICATED");
    const sender = { userId, origin: session.id, nonce: session.nextNonce() };
    const run = () => request(session, row, payload, sender);
    return {
      what,
      row,
      requestID: sender.nonce,
      run: () => (row.writes ? session.writing(sender.nonce, run) : session.reading(run)),
    };
  };

  return async (session: Session, frame: Frame): Promise<void> => {
    const begun = performance.now();
    let asked: Asked | undefined;
    let outcome = "ok";
    try {
      asked = understand(session, frame);
      await asked.run();
    } catch (error) {
      const failure = failureOf(error, asked?.row?.writes ?? false);
      outcome = failure.type;
      if (isOurs(failure))
        log.error({ err: error, frame: asked?.what, requestID: asked?.requestID }, "a frame failed");
      session.fail(failure);
      if (isFault(error, "NO_HEARTBEAT")) session.close(4003, failure.reason);
    } finally {
      const what = asked?.what ?? "none";
      meter.count("rewind.gateway.frames", { frame: what, outcome });
      meter.observe("rewind.gateway.frame.milliseconds", performance.now() - begun, { frame: what });
      log.debug({ requestID: asked?.requestID, frame: what, outcome }, "answered");
    }
  };
}

/** Binds a session to the user of a token, and tells what they need to begin. */
function authenticator({ call, interest }: Deps) {
  return async (session: Session, token: unknown): Promise<void> => {
    if (!session.hasBeaten) throw fault("NO_HEARTBEAT");
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
      session.reply(session.protocol.authenticated({ user, ...overview }));
    } finally {
      if (session.userId === undefined || !session.isOpen) interest.leave(userId, session);
    }
  };
}

/** @throws BINARY, TOO_LARGE, NOT_JSON */
function parse({ data, isBinary }: Frame) {
  if (isBinary) throw fault("BINARY");
  if (data.length > MAX_FRAME_BYTES) throw fault("TOO_LARGE", "a frame may have 16 KiB at most.");
  const text = data.toString();
  const value = parseJson(text);
  if (!isObject(value)) throw fault("NOT_JSON");
  return { text, type: value["type"], payload: value["payload"] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw fault("NOT_JSON");
  }
}

function lookUp({ protocol }: Session, frame: { type: unknown; payload: Payload }) {
  const what = protocol.rowOf(frame);
  const row = Object.hasOwn(protocol.frames, what) ? protocol.frames[what] : undefined;
  if (!row) throw fault("UNKNOWN_TYPE");
  return { what, row };
}
