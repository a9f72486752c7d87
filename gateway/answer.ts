import type { Logger } from "moleculer";
import { RUN } from "../services/chat/chat.contract.ts";
import { fault, isFault } from "../services/common/errors.ts";
import type { Meter } from "../services/common/metrics.ts";
import { admission } from "./admission.ts";
import { authenticator } from "./authenticate.ts";
import type { Call } from "./call.ts";
import { failureOf, isOurs } from "./failures.ts";
import type { Interest } from "./interest.ts";
import { isObject, parse, type Request } from "./parse.ts";
import { performer, prepare, runFrom, userOf, type Prepared } from "./requests.ts";
import { resumer } from "./resume.ts";
import type { Frame, Session } from "./session.ts";

type Deps = { call: Call; interest: Interest; log: Logger; meter: Meter };
/** Frames that are answered together, one as a rule, and how. */
type Work = {
  asked: { what: string; ref?: string; row?: Prepared["row"]; sender?: Prepared["sender"] }[];
  run(): Promise<void>;
};

/** The way of a frame: parse, look up, authorise, validate, call, reply. The answer never rejects. */
export function frameAnswerer(deps: Deps) {
  const authenticate = authenticator(deps);
  const admit = admission();
  const resume = resumer({ ...deps, admit });
  const perform = performer(deps);

  /** What the socket itself answers. */
  const own = (session: Session, { text, type, payload, ref }: Request): Work | undefined => {
    if (type === "heartbeat") return { asked: [{ what: type, ref }], run: async () => session.beat(text) };
    if (!isObject(payload)) throw fault("INVALID", "payload: must be an object.");
    const read = (what: string, run: () => Promise<void>) => ({
      asked: [{ what, ref }],
      run: () => session.reading(run),
    });
    if (type === "auth")
      return read(type, () => admit(session, () => authenticate(session, payload["auth"], ref)));
    if (type !== "sync" || !session.protocol.resumes) return undefined;
    return read(type, async () => {
      const reload = await resume(session, userOf(session), payload["cursors"]);
      session.reply({ type, payload: { reload } }, ref);
    });
  };

  const understand = (session: Session, request: Request): Work => {
    const itself = own(session, request);
    if (itself) return itself;
    const first = prepare(session, request);
    const asked = runFrom(session, first, () => readable(session.waitsNext, session), RUN);
    return {
      asked,
      run: () => (asked.length > 1 ? perform.run(session, asked) : perform.one(session, first)),
    };
  };

  return async (session: Session, frame: Frame): Promise<void> => {
    const begun = performance.now();
    let request: Request | undefined;
    let work: Work | undefined;
    let outcome = "ok";
    try {
      request = parse(frame, session.protocol);
      work = understand(session, request);
      await work.run();
    } catch (error) {
      outcome = fail(deps, session, error, work ?? { asked: [{ what: "none", ref: request?.ref }] });
    }
    report(deps, work, outcome, performance.now() - begun);
  };
}

/** The frame that waits next, if it can be read. */
function readable(frame: Frame | undefined, { protocol }: Session): Request | undefined {
  try {
    return frame && parse(frame, protocol);
  } catch {
    return undefined;
  }
}

/** Answers all that was asked with what went wrong. @returns the type of the failure */
function fail({ log }: Deps, session: Session, error: unknown, { asked }: Pick<Work, "asked">): string {
  const failure = failureOf(error, asked[0]?.row?.writes ?? false);
  for (const { what, ref, sender } of asked) {
    if (isOurs(failure)) log.error({ err: error, frame: what, requestID: sender?.nonce }, "a frame failed");
    session.fail(failure, ref);
  }
  if (isFault(error, "NO_HEARTBEAT")) session.close(4003, failure.reason);
  return failure.type;
}

function report({ meter, log }: Deps, work: Work | undefined, outcome: string, milliseconds: number): void {
  for (const { what: frame, sender } of work?.asked ?? [{ what: "none", sender: undefined }]) {
    meter.count("rewind.gateway.frames", { frame, outcome });
    meter.observe("rewind.gateway.frame.milliseconds", milliseconds, { frame });
    log.debug({ requestID: sender?.nonce, frame, outcome }, "answered");
  }
}
