import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, expect, test } from "@jest/globals";
import { until } from "../support/cluster.ts";
import { gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { history, online, type Device, type Message } from "./device.ts";
import { follow, Memory } from "./memory.ts";
import { relayTo } from "./relay.ts";
import { Speaker } from "./speaker.ts";

const MESSAGES = 10_000;
const CUTS = 200;
/** Of each speaker, at a time. */
const IN_FLIGHT = 5;
/** So long is one away twice: for more than is told message by message. */
const LONG_ABSENCE = 1_200;
const OWN = 400;

let server: Server;
let me: Person, peers: Person[];
beforeAll(async () => {
  server = await startServer();
  [me, ...peers] = (await registerAll(server, "me", "ann", "ben", "cy", "dee")) as [Person, ...Person[]];
});

/** What all speakers together have said, and may say by now: they wait for the cuts. */
class Flow {
  #said = 0;
  #answered = 0;
  #limit = 0;

  allow(more: number): void {
    this.#limit = Math.min(MESSAGES, Math.max(this.#limit, this.#answered) + more);
  }
  /** Whether all that was allowed is said and answered. */
  isDone = () => this.#answered === this.#limit;

  /** Says message by message, and edits every seventh and deletes every eleventh. */
  async talk(speaker: Speaker, chat_id: string): Promise<void> {
    while (this.#said < MESSAGES) {
      if (this.#said < this.#limit) await this.#say(speaker, chat_id, (this.#said += 1));
      else await pause(1);
    }
  }
  async #say(speaker: Speaker, chat_id: string, n: number): Promise<void> {
    const message = await speaker.say(chat_id, `message ${n}`);
    this.#answered += 1;
    if (n % 7 === 0) await speaker.edit(message, `message ${n}, edited`);
    if (n % 11 === 0) await speaker.remove(message);
  }
}

/** What the one who is cut says themselves: again, with its nonce, until it is answered. */
class Outbox {
  readonly waiting = Array.from({ length: OWN }, (_, i) => `own ${i}`);
  readonly answers: Message[] = [];

  /** Until the socket ends. */
  async send(device: Device, chat_id: string): Promise<void> {
    for (let content; (content = this.waiting[0]);) {
      this.answers.push(await device.say(chat_id, content, content));
      this.waiting.shift();
      await pause(1);
    }
  }
}

test("cut 200 times while 10,000 messages flow, a client has the store's history, in order, each once", async () => {
  const flow = new Flow();
  const memory = new Memory();
  const outbox = new Outbox();
  const relay = await relayTo(gateB(server));
  const speakers = peers.map((peer, i) => new Speaker(i % 2 ? gateB(server) : gateA(server), peer));
  const opened = await Promise.all(speakers.map((speaker) => speaker.tell(me.id, "first")));
  const chats = opened.map(({ chat_id }) => chat_id);
  const [busiest = ""] = chats;
  // my other device, and the speakers: the first one's chat is as busy as all others together
  const other = new Speaker(gateA(server), me);
  const lines: [Speaker, string][] = [
    ...speakers.map((speaker, i): [Speaker, string] => [speaker, chats[i] ?? ""]),
    ...[0, 1].map((): [Speaker, string] => [speakers[0] ?? other, busiest]),
    [other, busiest],
  ];
  const talks = lines.flatMap(([speaker, chat]) =>
    Array.from({ length: IN_FLIGHT }, () => flow.talk(speaker, chat)),
  );

  let lives = 0;
  const live = async (isOnline: () => void) => {
    relay.mend();
    const device = await follow(relay.url, me, memory);
    lives += 1;
    isOnline();
    await outbox.send(device, busiest);
    await device.closed;
  };
  for (let cut = 0; cut < CUTS; cut++) {
    const isLong = cut === 60 || cut === 120;
    flow.allow(isLong ? LONG_ABSENCE : Math.round((MESSAGES - 2 * LONG_ABSENCE) / CUTS));
    if (isLong) await until("the end of a long absence", flow.isDone, 120_000);
    const hello = Promise.withResolvers<void>();
    const life = live(hello.resolve).catch(() => {}); // cut on the way, or in the middle of a request
    if (cut % 3 > 0) await hello.promise;
    await pause(Math.random() * 50);
    relay.cut();
    await life;
  }
  flow.allow(MESSAGES);
  await Promise.all(talks);

  relay.mend();
  const device = await follow(relay.url, me, memory);
  await outbox.send(device, busiest);
  const fresh = await online(gateA(server), me);
  const cuts = `${lives} times when live, ${CUTS - lives} times on the way`;
  const moves = [...speakers, other].reduce((sum, speaker) => sum + speaker.moves, 0);
  process.stderr.write(`resume: cut ${cuts}; ${memory.reloads} reloads; speakers moved ${moves} times\n`);
  expect(memory.problems).toEqual([]);
  expect(memory.reloads).toBeGreaterThan(0);
  const stored = await Promise.all(chats.map((chat) => history(fresh, chat)));
  for (const [i, chat] of chats.entries()) expect(memory.history(chat)).toEqual(stored[i]);
  const own = (stored[0] ?? []).filter(({ nonce }) => nonce?.startsWith("own "));
  expect(own.map(({ content }) => content)).toEqual(Array.from({ length: OWN }, (_, i) => `own ${i}`));
  const all = stored.flat().filter(({ content }) => content.startsWith("message "));
  const kept = Array.from({ length: MESSAGES }, (_, i) => i + 1).filter((n) => n % 11 !== 0);
  expect(all.map(({ content }) => Number.parseInt(content.slice(8), 10)).toSorted((x, y) => x - y)).toEqual(
    kept,
  );
}, 240_000);
