import type { Logger } from "moleculer";
import { fault, isFault } from "../services/common/errors.ts";
import { planted } from "../services/common/failpoints.ts";
import type { Meter } from "../services/common/metrics.ts";
import { admission } from "./admission.ts";
import { authenticator } from "./authenticate.ts";
import type { Call } from "./call.ts";
import { failureOf, invalid, isOurs } from "./failures.ts";
import type { FrameRow, Sender } from "./frame-row.ts";
import type { Interest } from "./interest.ts";
import { isObject, parse, type Request } from "./parse.ts";
import { resumer } from "./resume.ts";
import type { Frame, Session } from "./session.ts";

type Deps = { call: Call; interest: Interest; log: Logger; meter: Meter };
/** What a frame asks for, in words of ours: what to do, and for the failure of that, the row it came from. */
type Asked = { what: string; run(): Promise<void>; row?: FrameRow; requestID?: string };

/** The way of one frame: parse, look up, authorise, validate, call, reply. The answer never rejects. */
export function frameAnswerer(deps: Deps) {
  const { call, log } = deps;
  const authenticate = authenticator(deps);
  const resume = resumer(call);
  const admit = admission();

  const request = requester(deps);

  /** What the socket itself answers. */
  const own = (session: Session, { text, type, payload, ref }: Request): Asked | undefined => {
    if (type === "heartbeat") return { what: type, run: async () => session.beat(text) };
    if (!isObject(payload)) throw fault("INVALID", "payload: must be an object.");
    const read = (what: string, run: () => Promise<void>) => ({
      what,
      run: () => session.reading(() => admit(session, run)),
    });
    if (type === "auth") return read(type, () => authenticate(session, payload["auth"], ref));
    if (type !== "sync" || !session.protocol.resumes) return undefined;
    return read(type, async () => {
      const reload = await resume(session, userOf(session), payload["cursors"]);
      session.reply({ type, payload: { reload } }, ref);
    });
  };

  const understand = (session: Session, asked: Request): Asked => {
    const itself = own(session, asked);
    if (itself) return itself;
    const { what, row } = lookUp(session, asked);
    const sender = { userId: userOf(session), origin: session.id, nonce: session.nextNonce() };
    const nonce = row.nonce?.(asked.payload as never, sender) ?? sender.nonce;
    const run = () => request(session, row, asked, sender);
    return {
      what,
      row,
      requestID: sender.nonce,
      run: () => (row.writes ? session.writing(nonce, run) : session.reading(run)),
    };
  };

  return async (session: Session, frame: Frame): Promise<void> => {
    const begun = performance.now();
    let parsed: Request | undefined;
    let asked: Asked | undefined;
    let outcome = "ok";
    try {
      parsed = parse(frame, session.protocol);
      asked = understand(session, parsed);
      await asked.run();
    } catch (error) {
      const failure = failureOf(error, asked?.row?.writes ?? false);
      outcome = failure.type;
      if (isOurs(failure))
        log.error({ err: error, frame: asked?.what, requestID: asked?.requestID }, "a frame failed");
      session.fail(failure, parsed?.ref);
      if (isFault(error, "NO_HEARTBEAT")) session.close(4003, failure.reason);
    }
    report(deps, asked, outcome, performance.now() - begun);
  };
}

/** Validates, calls and replies: the way of everything that is an action. */
function requester({ call, interest }: Deps) {
  return async (session: Session, row: FrameRow, { payload, ref }: Request, sender: Sender) => {
    const problems = row.check(payload as object);
    if (problems.length > 0) throw invalid(problems);
    const params = row.params(payload as never, sender);
    if (params === null) return;
    const result = await call(row.action, params as never, { writes: row.writes, requestID: sender.nonce });
    if (row.writes && planted("gateway.deny-done")) throw fault("FAILED");
    const position = row.position?.(result as never);
    if (position && !(await interest.reached(sender.userId, position))) {
      // Whoever counts by `seq` must not be given a later one first: they come back, and resume before it.
      if (session.protocol.resumes) return session.close(1001, "Out of step, connect again.");
      session.answeredEarly(position);
    }
    for (const frame of row.reply(result as never, sender)) session.reply(frame, ref);
  };
}

function report({ meter, log }: Deps, asked: Asked | undefined, outcome: string, milliseconds: number): void {
  const frame = asked?.what ?? "none";
  meter.count("rewind.gateway.frames", { frame, outcome });
  meter.observe("rewind.gateway.frame.milliseconds", milliseconds, { frame });
  log.debug({ requestID: asked?.requestID, frame, outcome }, "answered");
}

function userOf({ userId }: Session): string {
  if (userId === undefined) throw fault("UNAUTHENTICATED");
  return userId;
}

function lookUp({ protocol }: Session, { type, payload }: Request) {
  const what = isObject(payload) ? protocol.rowOf({ type, payload }) : "";
  const row = Object.hasOwn(protocol.frames, what) ? protocol.frames[what] : undefined;
  if (!row) throw fault("UNKNOWN_TYPE");
  return { what, row };
}
