import { EventEmitter } from "node:events";
import type { ServiceBroker } from "moleculer";
import type { NatsConnection } from "nats";
import type { PushName, PushOf } from "./bus.ts";
import { fault } from "./errors.ts";
import { meterOf, type Meter } from "./metrics.ts";

/** A push on its way: what happened, as the contract of its owner says. */
export type Push = { [P in PushName]: { name: P; payload: PushOf<P> } }[PushName];

/**
 * From services to the gateway processes that hold a socket of a user. At most once; in the order published by
 * one process.
 */
export interface PushBus {
  toUsers<P extends PushName>(userIds: Iterable<string>, name: P, payload: PushOf<P>): void;
  /**
   * After this resolves, all that is published for the user reaches `listener`, until the answer is called.
   * @throws UNAVAILABLE
   */
  onUser(userId: string, listener: (push: Push) => void): Promise<() => void>;
  /** Calls `listener` whenever pushes may have been lost on the way here, once they come again. */
  onLoss(listener: () => void): void;
}

const subject = (userId: string) => `push.user.${userId}`;

/**
 * The bus inside one process. Delivers before `toUsers` returns, so that nothing overtakes; carries text, as a
 * network would, so that no listener shares an object.
 */
export function localPushBus(): PushBus {
  const wire = new EventEmitter().setMaxListeners(0);
  return {
    toUsers(userIds, name, payload) {
      const text = JSON.stringify({ name, payload });
      for (const userId of new Set(userIds)) wire.emit(subject(userId), text);
    },
    async onUser(userId, listener) {
      const receive = (text: string) => listener(JSON.parse(text) as Push);
      wire.on(subject(userId), receive);
      return () => wire.off(subject(userId), receive);
    },
    onLoss() {}, // nothing is lost in a process
  };
}

const utf8 = ({ buffer, byteOffset, length }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, length).toString();
/** How long NATS may take to know of a subscription. */
const FLUSH_MS = 2_000;

/** The bus over NATS: interest lives in the broker, which routes a push to those processes alone that want it. */
export function natsPushBus(client: NatsConnection, prefix: string): PushBus {
  const topic = (userId: string) => `${prefix}.${subject(userId)}`;
  return {
    toUsers(userIds, name, payload) {
      const bytes = Buffer.from(JSON.stringify({ name, payload }));
      for (const userId of new Set(userIds)) client.publish(topic(userId), bytes);
    },
    async onUser(userId, listener) {
      const subscription = client.subscribe(topic(userId), {
        callback: (error, message) => {
          if (!error) listener(JSON.parse(utf8(message.data)) as Push);
        },
      });
      try {
        await within(FLUSH_MS, client.flush());
      } catch {
        subscription.unsubscribe();
        throw fault("UNAVAILABLE");
      }
      return () => subscription.unsubscribe();
    },
    onLoss: (listener) => void whenBack(client, listener),
  };
}

/** A new link to NATS: its subscriptions are in place again when it is told of. */
async function whenBack(client: NatsConnection, listener: () => void): Promise<void> {
  for await (const { type } of client.status()) if (type === "reconnect") listener();
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(new Error("too late")), ms);
  try {
    return await Promise.race([work, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}

type NatsTransporter = { client: NatsConnection; prefix: string };
const buses = new WeakMap<ServiceBroker, PushBus>();

/** The bus of a started broker: over its own NATS connection, or inside the process where it has none. */
export function pushBusOf(broker: ServiceBroker): PushBus {
  const known = buses.get(broker);
  if (known) return known;
  const transporter = broker.transit?.tx as unknown as NatsTransporter | undefined;
  const bus = transporter ? natsPushBus(transporter.client, `${transporter.prefix}-PUSH`) : localPushBus();
  const made = counted(bus, meterOf(broker));
  buses.set(broker, made);
  return made;
}

const counted = (bus: PushBus, meter: Meter): PushBus => ({
  ...bus,
  toUsers(userIds, name, payload) {
    meter.count("rewind.pushes.published", { push: name });
    bus.toUsers(userIds, name, payload);
  },
});
