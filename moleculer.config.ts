import type { BrokerOptions, Middleware, ServiceBroker } from "moleculer";
import { config } from "./services/common/config.ts";
import { logDestination } from "./services/common/log.ts";
import { NatsTransporter } from "./services/common/nats-transporter.ts";
import { validator } from "./services/common/validate.ts";

type Drains = { drain?: () => Promise<void> } | undefined;

/** Gateways of this process finish before anything else does: what they have begun needs all of it. */
const drainGateways: Middleware = {
  name: "DrainGateways",
  created(broker: ServiceBroker) {
    const stop = broker.stop.bind(broker);
    broker.stop = async () => {
      await (broker.getLocalService("gateway") as Drains)?.drain?.();
      return stop();
    };
  },
};

/** With NATS_URL: calls go through NATS queue groups, of which any living process takes the next one. */
const cluster = (url: string): BrokerOptions => ({
  transporter: new NatsTransporter(url) as never,
  disableBalancer: true,
  heartbeatInterval: 3,
  heartbeatTimeout: 10,
  transit: { serviceChangedDebounceTime: 0 } as never,
});

process.umask(0o077); // what this process writes is for its owner alone

/** How a process joins the system. Which services it holds is the runner's matter (package.json). */
export default {
  nodeID: config.nodeId,
  logger: {
    type: "Pino",
    options: {
      level: config.logLevel,
      pino: { options: { level: config.logLevel }, destination: await logDestination() },
    },
  },
  validator,
  middlewares: [drainGateways],
  ...(config.natsUrl !== undefined && cluster(config.natsUrl)),
  /** Of calls between services. Retries repeat a call: every write is idempotent. The gateway has its own (call.ts). */
  requestTimeout: 2_000,
  retryPolicy: { enabled: true, retries: 3, delay: 50, factor: 2, maxDelay: 500 },
  metrics: {
    enabled: config.metricsPort > 0,
    reporter: {
      type: "Prometheus",
      options: {
        ...{ port: config.metricsPort, host: config.host },
        includes: ["rewind.**", "moleculer.request.**", "moleculer.transit.**", "process.**"],
      },
    },
  },
  // Standard output says this and nothing else; logs go to standard error.
  started(broker: ServiceBroker) {
    const { services } = broker;
    const own = services.map(({ name }) => name).filter((name) => !name.startsWith("$"));
    const what = own.includes("gateway") ? `http://${config.host}:${config.port}` : own.join(" ");
    process.stdout.write(`ready ${what}\n`);
  },
} satisfies BrokerOptions;
