import { createServer, type RequestListener, type Server } from "node:http";
import type { Logger, ServiceBroker, ServiceSchema } from "moleculer";
import ApiGateway from "moleculer-web";
import { bus } from "../services/common/bus.ts";
import { config } from "../services/common/config.ts";
import { meterOf } from "../services/common/metrics.ts";
import { pushBusOf } from "../services/common/push-bus.ts";
import { withCallsTogether } from "../services/common/together.ts";
import { contracts } from "../services/contracts.ts";
import { patientCaller } from "./call.ts";
import { httpHandlers, sendError } from "./http.ts";
import { isListed, isOwnPage } from "./origins.ts";
import { serveSockets, type Sockets } from "./sockets.ts";
import { webPages } from "./web.ts";

const MAX_BODY_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_MS = 20_000;
/** Idle connections and slow clients do not hold up a stop for longer than this. */
const DRAIN_MS = 3_500;

type Gateway = {
  broker: ServiceBroker;
  logger: Logger;
  server: Server;
  sockets: Sockets;
  httpHandler: RequestListener;
  addRoute(route: object): void;
};

const cors = {
  origin: (origin: string) => isListed(origin, config),
  methods: ["GET", "POST"],
  allowedHeaders: ["Content-Type"],
  maxAge: 600,
};

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(config.port, config.host, resolve);
  });
}

/** The edge: HTTP and WebSocket in, actions out, pushes back. moleculer-web routes the HTTP requests. */
const gateway = {
  name: "gateway",
  mixins: [ApiGateway],
  settings: {
    $secureSettings: ["routes", "cors", "onError"],
    server: false, // ours, so that sockets share it
    onError: sendError,
    logRouteRegistration: null,
  },
  // moleculer-web's own, of use to nobody here: who can call actions is already inside.
  actions: { listAliases: false, addRoute: false, removeRoute: false },

  created(this: Gateway) {
    this.addRoute({
      path: "/",
      aliases: httpHandlers({
        bus: bus(this.broker),
        call: patientCaller(bus(this.broker)),
        broker: this.broker,
        config,
        log: this.logger,
      }),
      mappingPolicy: "restrict",
      mergeParams: false,
      logging: false,
      bodyParsers: {
        json: { limit: MAX_BODY_BYTES, inflate: false },
        urlencoded: { extended: false, limit: MAX_BODY_BYTES, inflate: false },
      },
      ...(config.allowedOrigins.length > 0 && { cors }),
    });
    const timeouts = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS };
    const servesPage = webPages();
    this.server = createServer(timeouts, (request, response) => {
      if (servesPage(request, response)) return;
      if (isOwnPage(request)) delete request.headers.origin; // not a cross-origin request: no rule is for it
      this.httpHandler(request, response);
    });
  },

  async started(this: Gateway) {
    const call = patientCaller(bus(this.broker), withCallsTogether(bus(this.broker), contracts));
    this.sockets = serveSockets(this.server, {
      call,
      push: pushBusOf(this.broker),
      meter: meterOf(this.broker),
      config,
      log: this.logger,
    });
    await listen(this.server);
  },

  methods: {
    /** Answers what is under way and takes nothing new. Runs before any service of this process stops. */
    async drain(this: Gateway) {
      const closed = new Promise((resolve) => this.server.close(resolve));
      // A connection is idle, and in the way, as soon as its answer is out.
      const sweep = setInterval(() => this.server.closeIdleConnections(), 50);
      const tooLate = new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref());
      await Promise.race([Promise.all([this.sockets.drain(), closed]), tooLate]);
      clearInterval(sweep);
      this.server.closeAllConnections();
    },
  },
};

export default gateway as unknown as ServiceSchema;
