import type { Logger, ServiceBroker, ServiceSchema } from "moleculer";
import { bus, type Bus, type Ctx, type EventName, type Events, type Result } from "./bus.ts";
import { config, type Config } from "./config.ts";
import type { Contract, Parsed } from "./contract.ts";
import { openStore, type Store } from "./db.ts";
import { leaseIds, type Ids } from "./ids.ts";
import { pushBus, type PushBus } from "./push-bus.ts";
import { paramsSchema } from "./validate.ts";

/** What a service is given to stand on. What it opens here is closed for it when it stops. */
export type Env = {
  config: Config;
  log: Logger;
  bus: Bus;
  push: PushBus;
  store(): Promise<Store>;
  ids(store: Store): Promise<Ids>;
  /** Runs when the service stops, last added first, once its running actions are done. */
  onStop(close: () => Promise<void> | void): void;
};

type Handlers<C extends Contract> = {
  [A in keyof C["actions"]]: (
    ctx: Ctx<Parsed<C["actions"][A]["params"]>>,
  ) => Promise<Result<C["actions"][A]["result"]>>;
};
type Listeners = { [E in EventName]?: (payload: Parsed<Events[E]>) => Promise<void> };
type Behaviour<C extends Contract> = { actions: Handlers<C>; events?: Listeners };
type AnyHandler = (ctx: never) => Promise<unknown>;

/**
 * A Moleculer service from a contract and a function that, at start, makes its handlers as closures over what they
 * need. A handler that is missing, or answers the wrong shape, fails `tsc`. `listens` names the events it hears.
 */
export function defineService<C extends Contract>(
  contract: C,
  setup: (env: Env) => Promise<Behaviour<C>>,
  listens: readonly EventName[] = [],
): ServiceSchema {
  let behaviour: Behaviour<C> | undefined;
  const closers: (() => Promise<void> | void)[] = [];

  const actions: NonNullable<ServiceSchema["actions"]> = {};
  for (const [name, { params, timeout }] of Object.entries(contract.actions))
    actions[name] = {
      params: paramsSchema(params),
      ...(timeout !== undefined && { timeout, retryPolicy: { enabled: false } }),
      handler: (ctx: unknown) => (behaviour?.actions[name] as AnyHandler | undefined)?.(ctx as never),
    };

  const events: NonNullable<ServiceSchema["events"]> = {};
  for (const name of listens)
    events[name] = (ctx: { params: unknown }) => behaviour?.events?.[name]?.(ctx.params as never);

  return {
    name: contract.name,
    actions,
    events,
    async started(this: { broker: ServiceBroker; logger: Logger }) {
      behaviour = await setup(environment(contract.name, this.broker, this.logger, closers));
    },
    async stopped() {
      for (const close of closers.toReversed()) await close();
      closers.length = 0;
    },
  };
}

const environment = (
  service: string,
  broker: ServiceBroker,
  log: Logger,
  closers: (() => Promise<void> | void)[],
): Env => ({
  config,
  log,
  bus: bus(broker),
  push: pushBus,
  onStop: (close) => void closers.push(close),
  async store() {
    const store = await openStore(service, config.dataDir);
    closers.push(() => store.close());
    return store;
  },
  async ids(store) {
    const ids = await leaseIds(store, broker.nodeID);
    closers.push(() => ids.release());
    return ids;
  },
});
