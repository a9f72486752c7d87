import type { BrokerOptions, Middleware, ServiceBroker } from "moleculer";
import { config } from "./services/common/config.ts";
import { logDestination } from "./services/common/log.ts";
import { validator } from "./services/common/validate.ts";

type Drains = { drain?: () => Promise<void> } | undefined;

/** Gateways of this process finish before the services they call are stopped. */
const drainGateways: Middleware = {
  name: "DrainGateways",
  stopping: async (broker: ServiceBroker) => (broker.getLocalService("gateway") as Drains)?.drain?.(),
};

/** How a process joins the system. Which services it holds is the runner's matter (package.json). */
export default {
  logger: {
    type: "Pino",
    options: {
      level: config.logLevel,
      pino: { options: { level: config.logLevel }, destination: await logDestination() },
    },
  },
  validator,
  middlewares: [drainGateways],
  requestTimeout: 5_000,
  /** A stop waits for the actions under way. */
  tracking: { enabled: true, shutdownTimeout: 3_000 },
  // Standard output says this and nothing else; logs go to standard error.
  started(broker: ServiceBroker) {
    if (broker.getLocalService("gateway"))
      process.stdout.write(`ready http://${config.host}:${config.port}\n`);
  },
} satisfies BrokerOptions;
