import { Errors, type CallingOptions } from "moleculer";
import type { Bus } from "./bus.ts";
import type { ActionSpec, Contract } from "./contract.ts";
import { fault, typeOf } from "./errors.ts";
import { paramsSchema, validator } from "./validate.ts";

/**
 * Calls of one turn of the event loop to one service travel together, as one call of its action `together`: what a call
 * costs, here, on the bus and there, is paid once for all of them. Each has its own outcome, as if it had been made alone.
 * Both ends are in this file; which actions may travel so is said in their contracts.
 */
export const TOGETHER = "together";
/** Calls in one. */
const MOST = 64;

type One = { action: string; params: object; requestID?: string };
type Failure = { message: string; code?: number; type?: string; data?: unknown };
/** `late`: not known yet. Null: known, and too long to travel with others. */
type Outcome = { result?: unknown; failure?: Failure; late?: true } | null;

export const togetherParams = {
  $$strict: true,
  calls: {
    type: "array",
    max: MOST,
    items: {
      type: "object",
      strict: true,
      props: {
        action: { type: "string", max: 64 },
        params: { type: "object" },
        requestID: { type: "string", max: 1024, optional: true },
      },
    },
  },
};

type AnyCall = (action: string, params: unknown, options: CallingOptions) => Promise<unknown>;
type Asked = One & { options: CallingOptions; resolve(result: unknown): void; reject(error: unknown): void };

/** @param contracts say which actions may travel together; the others are called as ever */
export function withCallsTogether(bus: Bus, contracts: Record<string, Contract>): Bus {
  const call = bus.call.bind(bus) as AnyCall;
  const asked = new Map<string, Asked[]>();

  const flush = () => {
    const due = [...asked];
    asked.clear();
    for (const [service, all] of due)
      for (let i = 0; i < all.length; i += MOST) void callTogether(call, service, all.slice(i, i + MOST));
  };
  const gather = (service: string, one: One, options: CallingOptions) =>
    new Promise((resolve, reject) => {
      if (asked.size === 0) setImmediate(flush);
      const all = asked.get(service) ?? [];
      asked.set(service, all);
      all.push({ ...one, options, resolve, reject });
    });

  const gathering: AnyCall = (name, params, options) => {
    const [service = "", action = ""] = name.split(".");
    const mayTravel = contracts[service]?.actions[action]?.together;
    if (!mayTravel) return call(name, params, options);
    return gather(service, { action, params: params as object, requestID: options.requestID }, options);
  };
  return { emit: bus.emit.bind(bus), call: gathering as Bus["call"] };
}

async function callTogether(call: AnyCall, service: string, asked: Asked[]): Promise<void> {
  const [first] = asked;
  const alone = ({ action, params, options, resolve, reject }: Asked) =>
    void call(`${service}.${action}`, params, options).then(resolve, reject);
  if (!first || asked.length === 1) return asked.forEach(alone);
  try {
    const calls = asked.map(({ action, params, requestID }): One => ({ action, params, requestID }));
    const outcomes = (await call(`${service}.${TOGETHER}`, { calls }, first.options)) as Outcome[];
    for (const [i, one] of asked.entries()) {
      const outcome = outcomes[i];
      if (!outcome) alone(one);
      else if (outcome.late)
        one.reject(fault("UNKNOWN")); // it may be done: who asked says it again
      else if (outcome.failure) one.reject(errorOf(outcome.failure));
      else one.resolve(outcome.result);
    }
  } catch (error) {
    if (typeOf(error) === undefined) return asked.forEach(alone); // it was never sent: too long for the bus, say
    for (const one of asked) one.reject(error);
  }
}

const errorOf = ({ message, code = 500, type = "", data }: Failure) =>
  new Errors.MoleculerError(message, code, type, data as object);

/** What of a Moleculer context is each call's own. */
type OwnContext = { params: unknown; requestID: string | null; action?: { name?: string } | null };
type Run = (name: string, ctx: OwnContext) => Promise<unknown>;

/** @param run runs an action by its name, once its parameters are valid */
export function togetherHandler({ name: service, actions }: Contract, run: Run) {
  const checks = new Map<string, ReturnType<typeof validator.compile>>();
  for (const [name, { together, params }] of Object.entries<ActionSpec>(actions))
    if (together) checks.set(name, validator.compile(paramsSchema(params)));

  const runOne = async (ctx: OwnContext, { action, params, requestID = "" }: One): Promise<Outcome> => {
    const own = Object.assign(Object.create(ctx) as OwnContext, {
      ...{ params, requestID, action: { name: `${service}.${action}` } },
    });
    try {
      const verdict = checks.get(action)?.(params as Record<string, unknown>);
      if (verdict !== true)
        throw new Errors.ValidationError("invalid parameters", "VALIDATION_ERROR", verdict || {});
      const result = await run(action, own);
      return isLong(result) ? null : { result };
    } catch (error) {
      return { failure: failureOf(error) };
    }
  };
  return (ctx: { params: unknown }): Promise<Outcome[]> => {
    const { calls } = ctx.params as { calls: One[] };
    return settledTogether(calls.map((one) => runOne(ctx as OwnContext, one)));
  };
}

function failureOf(error: unknown): Failure {
  const { message = "", code, data } = error as Failure;
  return { message, code, type: typeOf(error), data };
}

/** Entries of a list above which an answer travels by itself: an answer of all has to fit into one message. */
const SHORT = 16;
const isLong = (result: unknown): boolean => {
  const parts = typeof result === "object" && result !== null ? [result, ...Object.values(result)] : [];
  return parts.some((part) => Array.isArray(part) && part.length > SHORT);
};

/** From the first that is done: the others are not held up longer by one that waits for a lock. */
const LATE_MS = 100;
async function settledTogether(outcomes: Promise<Outcome>[]): Promise<Outcome[]> {
  const late = Promise.withResolvers<Outcome>();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer ??= setTimeout(() => late.resolve({ late: true }), LATE_MS);
  };
  void Promise.race(outcomes).then(begin);
  const all = await Promise.all(outcomes.map((outcome) => Promise.race([outcome, late.promise])));
  clearTimeout(timer);
  return all;
}
