import { setTimeout as pause } from "node:timers/promises";
import type { Logger, ServiceBroker, ServiceSchema } from "moleculer";
import { bus, type Bus, type Ctx, type EventName, type Events, type Result } from "./bus.ts";
import { config, type Config } from "./config.ts";
import type { CommonAction, Contract, Parsed } from "./contract.ts";
import { openStore, type Store } from "./db.ts";
import { fault } from "./errors.ts";
import { leaseIds, type Ids } from "./ids.ts";
import { leaving } from "./leaving.ts";
import { meterOf, type Meter } from "./metrics.ts";
import { pushBusOf, type PushBus } from "./push-bus.ts";
import { TOGETHER, togetherHandler, togetherParams } from "./together.ts";
import { createTrace, type Trace } from "./trace.ts";
import { paramsSchema } from "./validate.ts";

/** What a service is given to stand on. What it opens here is closed for it when it stops. */
export type Env = {
  config: Config;
  log: Logger;
  bus: Bus;
  push: PushBus;
  meter: Meter;
  store(): Promise<Store>;
  ids(store: Store): Promise<Ids>;
  /** Calls `listener` when another process has died, and when the link to the bus was lost and is back. */
  onLoss(listener: () => void): void;
  /** Runs when the service stops, last added first, once its running actions are done. */
  onStop(close: () => Promise<void> | void): void;
};

type Handlers<C extends Contract> = {
  [A in Exclude<keyof C["actions"], CommonAction>]: (
    ctx: Ctx<Parsed<C["actions"][A]["params"]>>,
  ) => Promise<Result<C["actions"][A]["result"]>>;
};
type Listeners = { [E in EventName]?: (payload: Parsed<Events[E]>) => Promise<void> };
type Behaviour<C extends Contract> = { actions: Handlers<C>; events?: Listeners };
type AnyHandler = (ctx: RawContext) => Promise<unknown>;
type RawContext = { params: unknown; requestID: string | null; action?: { name?: string } | null };

/** A service that has started: what it does, and what it stands on. */
type Running<C extends Contract> = {
  behaviour: Behaviour<C>;
  stores: Store[];
  closers: (() => Promise<void> | void)[];
  trace: Trace;
  log: Logger;
  meter: Meter;
};

/** How long a stop waits for the actions under way. */
const STOP_MS = 3_000;

/**
 * A Moleculer service from a contract and a function that, at start, makes its handlers as closures over what they
 * need. A handler that is missing, or answers the wrong shape, fails `tsc`. `listens` names the events it hears.
 */
export function defineService<C extends Contract>(
  contract: C,
  setup: (env: Env) => Promise<Behaviour<C>>,
  listens: readonly EventName[] = [],
): ServiceSchema {
  let running: Running<C> | undefined;
  /** Actions that a stop waits for. Moleculer's own tracker never forgets a call that timed out. */
  const underWay = new Set<Promise<unknown>>();
  const tracked = async <T>(action: Promise<T>): Promise<T> => {
    underWay.add(action);
    return action.finally(() => underWay.delete(action));
  };

  const handlerOf =
    (name: string): AnyHandler =>
    async (ctx) => {
      if (!running) throw fault("UNAVAILABLE"); // it starts, or has stopped
      if (name === "ready") return void (await Promise.all(running.stores.map((store) => store.ping())));
      return (running.behaviour.actions as Record<string, AnyHandler>)[name]?.(ctx);
    };
  const actions: NonNullable<ServiceSchema["actions"]> = {};
  for (const [name, { params, timeout }] of Object.entries(contract.actions)) {
    const handler = handlerOf(name);
    actions[name] = {
      params: paramsSchema(params),
      ...(timeout !== undefined && { timeout, retryPolicy: { enabled: false } }),
      handler: (ctx: RawContext) => tracked(guarded(running, ctx, handler)),
    };
  }
  const runNow = (name: string, ctx: RawContext) => {
    running?.meter.count("rewind.calls.together", { action: `${contract.name}.${name}` });
    return tracked(guarded(running, ctx, handlerOf(name)));
  };
  actions[TOGETHER] = { params: togetherParams, handler: togetherHandler(contract, runNow) };

  const events: NonNullable<ServiceSchema["events"]> = {};
  for (const name of listens)
    events[name] = (ctx: { params: unknown }) => running?.behaviour.events?.[name]?.(ctx.params as never);

  return {
    name: contract.name,
    actions,
    events,
    async started(this: { broker: ServiceBroker; logger: Logger }) {
      const base = {
        ...{ stores: [], closers: [], trace: createTrace(this.logger) },
        ...{ log: this.logger, meter: meterOf(this.broker) },
      };
      const behaviour = await setup(environment(contract.name, this.broker, this.logger, base));
      running = { ...base, behaviour };
    },
    async stopped() {
      await Promise.race([Promise.allSettled(underWay), pause(STOP_MS)]);
      const { closers = [] } = running ?? {};
      running = undefined;
      for (const close of closers.toReversed()) await close();
    },
  };
}

/** Runs a handler under its request's id; what its store fails with leaves as a fault. */
async function guarded(
  running: { trace: Trace; log: Logger } | undefined,
  ctx: RawContext,
  handler: AnyHandler,
) {
  try {
    return await (running
      ? running.trace.requests.run(ctx.requestID ?? "", () => handler(ctx))
      : handler(ctx));
  } catch (error) {
    throw leaving(running?.log, { requestID: ctx.requestID, action: ctx.action?.name }, error);
  }
}

const environment = (
  service: string,
  broker: ServiceBroker,
  log: Logger,
  { stores, closers, trace, meter }: Omit<Running<Contract>, "behaviour">,
): Env => ({
  config,
  log,
  bus: bus(broker),
  push: pushBusOf(broker),
  meter,
  onStop: (close) => void closers.push(close),
  onLoss(listener) {
    broker.localBus.on("$node.disconnected", ({ unexpected }: { unexpected: boolean }) => {
      if (unexpected) listener();
    });
    pushBusOf(broker).onLoss(listener);
  },
  async store() {
    const store = await openStore(
      service,
      config,
      ["debug", "trace"].includes(config.logLevel) ? trace : undefined,
    );
    stores.push(store);
    for (const state of ["used", "idle", "waiting"] as const)
      meter.watch("rewind.store.connections", { service, state }, () => store.pool()[state]);
    closers.push(() => store.close());
    return store;
  },
  async ids(store) {
    const ids = await leaseIds(store, broker.nodeID);
    closers.push(() => ids.release());
    return ids;
  },
});
