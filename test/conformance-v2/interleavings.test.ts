import { isDeepStrictEqual } from "node:util";
import { beforeAll, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { until } from "../support/cluster.ts";
import { check } from "../properties/check.ts";
import { gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { history, online, type Device, type Message } from "./device.ts";
import { follow, Memory } from "./memory.ts";
import { relayTo, type Relay } from "./relay.ts";

const HEARD_WITHIN_MS = 3_000;
let server: Server;
let a: Person, b: Person;
/** Two devices of each, which are always there. */
let devices: [Device, Device, Device, Device];
/** How the one that comes and goes reaches the server; it is b's third device. */
let relay: Relay;
let chatId: string;

beforeAll(async () => {
  server = await startServer();
  [a, b] = (await registerAll(server, "ann", "ben")) as [Person, Person];
  const [near, far] = [gateA(server), gateB(server)];
  devices = [await online(near, a), await online(far, a), await online(near, b), await online(far, b)];
  relay = await relayTo(far);
  chatId = (await devices[0].tell(b.id, "first")).chat_id;
});

type Step = {
  /** Which device acts. */
  who: number;
  does: "send" | "edit" | "delete" | "cut" | "resume";
  /** Which of its user's messages. */
  which: number;
  /** Whether the next step waits for the answer. */
  waits: boolean;
};
const step: fc.Arbitrary<Step> = fc.record({
  who: fc.nat(3),
  does: fc.oneof(
    { weight: 5, arbitrary: fc.constant("send" as const) },
    { weight: 3, arbitrary: fc.constant("edit" as const) },
    { weight: 2, arbitrary: fc.constant("delete" as const) },
    { weight: 2, arbitrary: fc.constant("cut" as const) },
    { weight: 3, arbitrary: fc.constant("resume" as const) },
  ),
  which: fc.nat(),
  waits: fc.boolean(),
});

/** One run of steps. */
class Run {
  readonly #memory: Memory;
  readonly #answers: Promise<unknown>[] = [];
  /** The messages of each user that were answered and not deleted by now. */
  readonly #said: [Message[], Message[]] = [[], []];
  /** Coming online, or there. */
  #away: Promise<Device | undefined> | undefined;
  #count = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  async take({ who, does, which, waits }: Step): Promise<void> {
    const device = devices[who] ?? devices[0];
    const mine = this.#said[who < 2 ? 0 : 1];
    const target = mine[which % (mine.length || 1)];
    if (does === "cut") await this.#cut();
    else if (does === "resume") this.#resume();
    else if (does === "send") this.#ask(this.#say(device, mine));
    else if (target && does === "edit") this.#ask(device.edit(target, `edit ${(this.#count += 1)}`));
    else if (target) {
      mine.splice(mine.indexOf(target), 1);
      this.#ask(device.remove(target));
    }
    if (waits) await this.#answers.at(-1);
  }

  /** When all is answered, the one that comes and goes knows all: what it had, what it missed, what it was pushed. */
  async end(): Promise<void> {
    await Promise.all(this.#answers);
    this.#resume();
    const device = await this.#away;
    if (!device) throw new Error("nobody cut this one");
    const stored = await history(device, chatId);
    const knowsAll = () => isDeepStrictEqual(this.#memory.history(chatId), stored);
    await until("all that is stored to be known", knowsAll, HEARD_WITHIN_MS).catch(() => {});
    expect(this.#memory.problems).toEqual([]);
    expect(this.#memory.history(chatId)).toEqual(stored);
    await this.#cut();
  }

  #ask(answer: Promise<unknown>): void {
    this.#answers.push(answer.catch(gone));
  }
  async #say(device: Device, mine: Message[]): Promise<void> {
    mine.push(await device.say(chatId, `message ${(this.#count += 1)}`));
  }
  #resume(): void {
    if (this.#away) return;
    relay.mend();
    this.#away = follow(relay.url, b, this.#memory).catch(() => undefined); // cut on the way
    this.#answers.push(this.#away);
  }
  async #cut(): Promise<void> {
    relay.cut();
    await (
      await this.#away
    )?.closed;
    this.#away = undefined;
  }
}
/** A message may be deleted by the time that an edit comes. */
const gone = (error: unknown) => {
  if (!String(error).includes("MESSAGE_NOT_FOUND")) throw error;
};

test("whatever two users do with several devices, one that is cut and resumes ends with the store's history", async () => {
  const memory = new Memory();
  await check(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 60 }), async (steps) => {
      const run = new Run(memory);
      for (const it of steps) await run.take(it);
      await run.end();
    }),
    60,
  );
}, 120_000);
