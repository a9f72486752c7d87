import { EventEmitter } from "node:events";
import type { PushName, PushOf } from "./bus.ts";

/** A push on its way: what happened, as the contract of its owner says. */
export type Push = { [P in PushName]: { name: P; payload: PushOf<P> } }[PushName];

/**
 * From services to the gateway processes that hold a socket of a user. At most once; in the order published by
 * one process.
 */
export interface PushBus {
  toUsers<P extends PushName>(userIds: Iterable<string>, name: P, payload: PushOf<P>): void;
  /** After this resolves, all that is published for the user reaches `listener`, until the answer is called. */
  onUser(userId: string, listener: (push: Push) => void): Promise<() => void>;
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
  };
}

/** The bus of this process. */
export const pushBus: PushBus = localPushBus();
