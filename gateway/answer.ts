import type { Logger } from "moleculer";
import type { ResultOf } from "../services/common/bus.ts";
import { fault, isFault } from "../services/common/errors.ts";
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

/** The way of one frame: parse, look up, authorise, validate, call, reply. The answer never rejects. */
export function frameAnswerer(call: Call, interest: Interest, log: Logger) {
  const request = async (session: Session, row: FrameRow, payload: Payload, sender: Sender) => {
    const problems = row.check(payload);
    if (problems.length > 0) throw invalid(problems);
    const params = row.params(payload as never, sender);
    if (params === null) return;
    const result = await call(row.action, params as never, { writes: row.writes, requestID: sender.nonce });
    if (row.position) await interest.reached(sender.userId, row.position(result as never));
    for (const frame of row.reply(result as never, sender)) session.reply(frame);
  };

  const authenticate = async (session: Session, token: unknown) => {
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

  /** What a frame asks for: what to do, and for the failure of that, the row it came from. */
  const understand = (session: Session, frame: Frame): { run(): Promise<void>; row?: FrameRow } => {
    const { text, type, payload } = parse(frame);
    if (type === "heartbeat") return { run: async () => session.beat(text) };
    if (!isObject(payload)) throw fault("INVALID", "payload: must be an object.");
    if (type === "auth") return { run: () => session.reading(() => authenticate(session, payload["auth"])) };
    const row = lookUp(session, { type, payload });
    const { userId } = session;
    if (userId === undefined) throw fault("UNAUTHENTICATED");
    const sender = { userId, origin: session.id, nonce: session.nextNonce() };
    const run = () => request(session, row, payload, sender);
    return { row, run: () => (row.writes ? session.writing(sender.nonce, run) : session.reading(run)) };
  };

  return async (session: Session, frame: Frame): Promise<void> => {
    let row: FrameRow | undefined;
    try {
      const asked = understand(session, frame);
      row = asked.row;
      await asked.run();
    } catch (error) {
      const failure = failureOf(error, row?.writes ?? false);
      if (isOurs(failure)) log.error({ err: error, action: row?.action ?? "auth" }, "a frame failed");
      session.fail(failure);
      if (isFault(error, "NO_HEARTBEAT")) session.close(4003, failure.reason);
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

function lookUp({ protocol }: Session, frame: { type: unknown; payload: Payload }): FrameRow {
  const key = protocol.rowOf(frame);
  const row = Object.hasOwn(protocol.frames, key) ? protocol.frames[key] : undefined;
  if (!row) throw fault("UNKNOWN_TYPE");
  return row;
}
