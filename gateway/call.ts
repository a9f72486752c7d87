import { setTimeout as pause } from "node:timers/promises";
import type { ActionName, Bus, InputOf, ResultOf } from "../services/common/bus.ts";
import { fault, typeOf } from "../services/common/errors.ts";
import { contracts } from "../services/contracts.ts";
import { didNotRun } from "./failures.ts";

export type CallOptions = {
  /** Whether the action may change anything: what a failure is called depends on it. */
  writes: boolean;
  /** Follows the request through all services, into their logs. */
  requestID?: string;
  /** Milliseconds after which no new try is begun; PATIENCE_MS where not said. */
  patience?: number;
};
/**
 * Calls an action until it answers, for some seconds: a process that dies, a broker or a database that
 * restarts is bridged. Every write carries a nonce, or is idempotent by nature, so that said twice it is done once.
 * @throws UNAVAILABLE where it certainly was not done, UNKNOWN where a write may have been
 */
export type Call = <A extends ActionName>(
  action: A,
  params: InputOf<A>,
  options: CallOptions,
) => Promise<ResultOf<A>>;

/** The last try may end TRY_MS later, and a client has its answer within 5 s. */
const PATIENCE_MS = 3_000;
/** One try. A process that was killed never answers; a living one answers much faster. */
const TRY_MS = 1_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 400;

/** Errors that say: not this time. */
const PASSING = new Set(["REQUEST_TIMEOUT", "REQUEST_REJECTED", "UNKNOWN", "UNAVAILABLE"]);
const isPassing = (error: unknown) => didNotRun(error) || PASSING.has(typeOf(error) ?? "");
/** UNAVAILABLE is a service's word that nothing was changed. */
const mayHaveRun = (error: unknown) => !didNotRun(error) && typeOf(error) !== "UNAVAILABLE";

/** Of this try: an earlier one may have done it. */
const saysUndone = (error: unknown) => ["BUSY", "FAILED"].includes(typeOf(error) ?? "");

type Timed = Record<string, { actions: Record<string, { timeout?: number }> }>;
/** How long a contract says one try of an action may take. */
const tryMs = (action: string) => {
  const [service = "", name = ""] = action.split(".");
  return (contracts as Timed)[service]?.actions[name]?.timeout ?? TRY_MS;
};

/** @param first carries first tries: those calls may travel together, and what spoils one must not spoil it again */
export const patientCaller =
  (bus: Bus, first = bus): Call =>
  async (action, params, { writes, requestID, patience = PATIENCE_MS }) => {
    const deadline = Date.now() + patience;
    let isUncertain = false;
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
      try {
        const by = wait === FIRST_PAUSE_MS ? first : bus;
        return await by.call(action, params, { timeout: tryMs(action), retries: 0, requestID });
      } catch (error) {
        if (!isPassing(error)) throw isUncertain && saysUndone(error) ? outOfTime(true, error) : error;
        isUncertain ||= writes && mayHaveRun(error);
        if (Date.now() + wait >= deadline) throw outOfTime(isUncertain, error);
      }
      await pause(wait);
    }
  };

const outOfTime = (isUncertain: boolean, cause: unknown) =>
  Object.assign(fault(isUncertain ? "UNKNOWN" : "UNAVAILABLE"), { cause });
