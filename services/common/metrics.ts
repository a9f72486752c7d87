import type { MetricRegistry, ServiceBroker } from "moleculer";

type Metric = { type: "counter" | "gauge" | "histogram"; description: string; labels?: readonly string[] };

/**
 * What operators see of REWIND (METRICS_PORT), beside Moleculer's figures of its calls (`moleculer.request.*`).
 * Labels take few values: never anything that a client chose.
 */
export const metrics = {
  "rewind.gateway.sockets": { type: "gauge", description: "Open sockets" },
  "rewind.gateway.users": { type: "gauge", description: "Users with an authenticated socket here" },
  "rewind.gateway.frames": {
    type: "counter",
    description: "Frames answered, by what was asked and what came of it",
    labels: ["frame", "outcome"],
  },
  "rewind.gateway.frame.milliseconds": {
    type: "histogram",
    description: "From the turn of a frame to its answer",
    labels: ["frame"],
  },
  "rewind.gateway.frames.waiting": { type: "gauge", description: "Frames that wait for the one before" },
  "rewind.gateway.backlog.bytes": { type: "gauge", description: "Sent to clients who have not read it yet" },
  "rewind.gateway.pushes": { type: "counter", description: "Pushes written to sockets", labels: ["push"] },
  "rewind.gateway.changes.fetched": {
    type: "counter",
    description: "Changes of conversations whose push did not arrive in time",
  },
  "rewind.pushes.published": { type: "counter", description: "Pushes by services", labels: ["push"] },
  "rewind.calls.together": {
    type: "counter",
    description: "Calls that travelled in one of `together`",
    labels: ["action"],
  },
  "rewind.store.connections": {
    type: "gauge",
    description: "Of a service's pool; `waiting` are those who ask for one",
    labels: ["service", "state"],
  },
  "rewind.auth.hashes.waiting": { type: "gauge", description: "Passwords that wait to be hashed" },
  "rewind.mailer.mails": { type: "gauge", description: "Mails in the queue", labels: ["state"] },
} as const satisfies Record<string, Metric>;

type Name<T extends Metric["type"]> = {
  [N in keyof typeof metrics]: (typeof metrics)[N]["type"] extends T ? N : never;
}[keyof typeof metrics];
type Labels<N extends keyof typeof metrics> = (typeof metrics)[N] extends { labels: readonly (infer L)[] }
  ? Record<L & string, string>
  : Record<string, never>;

/** Counts, where somebody looks; costs next to nothing where nobody does. */
export type Meter = {
  count<N extends Name<"counter">>(name: N, labels: Labels<N>, by?: number): void;
  observe<N extends Name<"histogram">>(name: N, value: number, labels: Labels<N>): void;
  /** Asks `read` every few seconds, as long as the broker runs. */
  watch<N extends Name<"gauge">>(name: N, labels: Labels<N>, read: () => number | Promise<number>): void;
};

const WATCH_MS = 5_000;
const BUCKETS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000];
export const noMeter: Meter = { count() {}, observe() {}, watch() {} };
const meters = new WeakMap<ServiceBroker, Meter>();

/** The meter of a broker. */
export function meterOf(broker: ServiceBroker): Meter {
  const known = meters.get(broker);
  if (known) return known;
  const made = broker.isMetricsEnabled() ? meter(broker.metrics) : noMeter;
  meters.set(broker, made);
  return made;
}

function meter(registry: MetricRegistry): Meter {
  for (const [name, { type, description, labels = [] }] of Object.entries<Metric>(metrics))
    registry.register({
      ...{ name, type, description, labelNames: [...labels] },
      ...(type === "histogram" && { buckets: BUCKETS }),
    } as Parameters<MetricRegistry["register"]>[0]);
  return {
    count: (name, labels, by = 1) => registry.increment(name, labels, by),
    observe: (name, value, labels) => registry.observe(name, value, labels),
    watch(name, labels, read) {
      const look = async () => registry.set(name, await read(), labels);
      const retry = () => void look().catch(() => {}); // what cannot be read now keeps its last value
      setInterval(retry, WATCH_MS).unref();
      retry();
    },
  };
}
