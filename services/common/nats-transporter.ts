import { Errors, Transporters } from "moleculer";
import type { NatsConnection, Subscription } from "nats";

/** What this file uses of Moleculer's own transporter, which has no types for it. */
type Stock = {
  client: NatsConnection;
  logger: { warn(text: string): void };
  connected: boolean;
  subscriptions: Subscription[];
  transit: { pendingRequests: Map<string, Pending> };
  connect(): Promise<void>;
  onConnected(wasReconnect: boolean): Promise<void>;
  makeBalancedSubscriptions(): Promise<void>;
  unsubscribeFromBalancedCommands(): Promise<void>;
};
type Pending = { action?: { name: string }; nodeID: string; reject(error: Error): void };
const StockNats = Transporters.NATS as unknown as new (options: object) => Stock;

const RECONNECT = { reconnectTimeWait: 100, reconnectJitter: 50, maxReconnectAttempts: -1 };
/** The largest answers: a hundred messages, or a thousand friends, of the longest there can be. */
const PAYLOAD_BYTES = 4 * 1024 * 1024;
const LIVENESS = { pingInterval: 5_000, maxPingOut: 2, timeout: 5_000, waitOnFirstConnect: true };

/**
 * Moleculer over NATS, without the two ways in which the stock transporter loses calls: it publishes into a link that
 * is down, so that each call waits for its timeout; and it unsubscribes all actions before it subscribes them again at
 * every change of services, so that calls in between go nowhere.
 */
export class NatsTransporter extends StockNats {
  constructor(url: string) {
    const { protocol, host, username, password } = new URL(url);
    super({
      ...RECONNECT,
      ...LIVENESS,
      servers: [host],
      user: decodeURIComponent(username) || undefined,
      pass: decodeURIComponent(password) || undefined,
      ...(protocol === "tls:" && { tls: {} }),
    });
  }

  override async connect() {
    await super.connect();
    if ((this.client.info?.max_payload ?? 0) < PAYLOAD_BYTES)
      this.logger.warn(
        `NATS should have max_payload: 8MB; ${PAYLOAD_BYTES} bytes at least, or long lists fail`,
      );
    void this.#watch();
  }

  async #watch() {
    for await (const { type } of this.client.status()) {
      if (type === "disconnect" && this.connected) this.#fail();
      // Not waited for: the link may be lost again meanwhile, and the next one does all of it again.
      else if (type === "reconnect")
        this.onConnected(true).catch((error: unknown) => this.logger.warn(String(error)));
    }
  }

  /** Calls made from now on fail at once, and so do those that wait for an answer that cannot come. */
  #fail() {
    this.connected = false;
    const { pendingRequests } = this.transit;
    for (const { action, nodeID, reject } of pendingRequests.values())
      reject(new Errors.RequestRejectedError({ action: action?.name ?? "", nodeID }));
    pendingRequests.clear();
  }

  /** The new subscriptions are in place before the old ones go: between them a call is answered by one of both. */
  override async makeBalancedSubscriptions() {
    const old = this.subscriptions;
    this.subscriptions = [];
    await super.makeBalancedSubscriptions();
    await this.client.flush();
    for (const subscription of old) subscription.drain().catch(() => {}); // the connection went away: so did it
  }
  /** What the stock makeBalancedSubscriptions begins with. */
  override async unsubscribeFromBalancedCommands() {}
}
