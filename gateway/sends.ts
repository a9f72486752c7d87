import type { CallingOptions } from "moleculer";
import { SENDS } from "../services/chat/chat.contract.ts";
import type { Bus, InputOf, ResultOf } from "../services/common/bus.ts";
import { fault, faults, typeOf, type FaultType } from "../services/common/errors.ts";

type Send = InputOf<"chat.send">;
type Sent = ResultOf<"chat.send">;
type Asked = {
  send: Send;
  options: CallingOptions;
  resolve(message: Sent): void;
  reject(error: unknown): void;
};

/** Code units of content in one call; NATS takes a message of a megabyte as it comes. */
const CONTENT = 128 * 1024;

/**
 * A bus on which the sends of one turn of the event loop, from whatever sockets, go to chat in one call: what a call
 * costs is paid once for all of them. Each has its own outcome, as if it had been called alone.
 */
export function withSendsTogether(bus: Bus): Bus {
  let asked: Asked[] = [];

  const flush = () => {
    const all = asked;
    asked = [];
    for (const some of portions(all)) void sendAll(bus, some);
  };
  const send = (params: Send, options: CallingOptions): Promise<Sent> =>
    new Promise((resolve, reject) => {
      if (asked.length === 0) setImmediate(flush);
      asked.push({ send: params, options, resolve, reject });
    });

  return {
    emit: (event, payload) => bus.emit(event, payload),
    call: (action, params, options = {}) =>
      action === "chat.send"
        ? (send(params as unknown as Send, options) as never)
        : bus.call(action, params, options),
  };
}

function portions(all: Asked[]): Asked[][] {
  const found: Asked[][] = [];
  let length = 0;
  for (const one of all) {
    const last = found.at(-1);
    length += one.send.content.length;
    if (last && last.length < SENDS && length <= CONTENT) last.push(one);
    else {
      found.push([one]);
      length = one.send.content.length;
    }
  }
  return found;
}

async function sendAll(bus: Bus, asked: Asked[]): Promise<void> {
  const [first] = asked;
  if (!first || asked.length === 1) return void asked.forEach((one) => alone(bus, one));
  const requestID = asked.map(({ options }) => options.requestID).join(" ");
  try {
    const sends = asked.map(({ send }) => send);
    const outcomes = await bus.call("chat.sendAll", { sends }, { ...first.options, requestID });
    for (const [i, one] of asked.entries()) settle(bus, one, outcomes[i]);
  } catch (error) {
    if (typeOf(error) === "VALIDATION_ERROR")
      for (const one of asked) alone(bus, one); // one spoiled it for all
    else for (const one of asked) one.reject(error);
  }
}

const alone = (bus: Bus, { send, options, resolve, reject }: Asked) =>
  void bus.call("chat.send", send, options).then(resolve, reject);

type Outcome = ResultOf<"chat.sendAll">[number] | undefined;
function settle(bus: Bus, asked: Asked, outcome: Outcome): void {
  if (outcome?.message) return asked.resolve(outcome.message);
  if (!outcome?.failure) return alone(bus, asked); // it takes longer than the others
  const { type, reason } = outcome.failure;
  asked.reject(isFaultType(type) ? fault(type, reason) : fault("UNKNOWN"));
}
const isFaultType = (type: string): type is FaultType => Object.hasOwn(faults, type);
