import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { Chat } from "../support/client.ts";
import { clusterOf, kindOf, until, type Cluster, type Part } from "../support/cluster.ts";
import { loadAll } from "../support/history.ts";
import { connectAs, registerAll, type Person } from "../support/people.ts";
import { startServer } from "../support/server.ts";
import { Talker } from "../support/talkers.ts";

const PAIRS = 20;
const MESSAGES_PER_SECOND = 300;
const EVERY_MS = (2 * PAIRS * 1000) / MESSAGES_PER_SECOND;
const HEARD_WITHIN_MS = 5_000;

let cluster: Cluster;
let pairs: [Person, Person][];
let talkers: Talker[] = [];
let begunAt: number;
const say = (text: string) => void process.stderr.write(`scaling: ${text}\n`);

beforeAll(async () => {
  const server = await startServer({}, "cluster");
  cluster = clusterOf(server);
  pairs = [];
  while (pairs.length < PAIRS) {
    const [a, b, c, d] = await registerAll(server, "a", "b", "c", "d");
    if (!a || !b || !c || !d) throw new Error("four people");
    pairs.push([a, b], [c, d]);
  }
});

/** The gateways there are, beginning with the n-th. */
const gatewaysFrom = (n: number) => () => {
  const urls = cluster.processes().flatMap(({ name, url = "" }) => (kindOf(name) === "gateway" ? [url] : []));
  return [...urls.slice(n % urls.length), ...urls.slice(0, n % urls.length)];
};

let topics = 0;
// Each pair talks; of every other pair the two are on different gateways.
beforeEach(async () => {
  const begins = pairs.flatMap(([a, b], i) => {
    const topic = () => `topic ${++topics}:`;
    return [
      Talker.connect({ me: a, peer: b, topic: topic(), urls: gatewaysFrom(i) }),
      Talker.connect({ me: b, peer: a, topic: topic(), urls: gatewaysFrom(i + (i >> 1)) }),
    ];
  });
  talkers = await Promise.all(begins);
  begunAt = performance.now();
  for (const talker of talkers) talker.begin(EVERY_MS);
  await pause(1_000);
});
afterEach(() => Promise.all(talkers.map((talker) => talker.leave())));

const finish = async () => {
  await Promise.all(talkers.map((talker) => talker.finish()));
  const said = talkers.reduce((sum, talker) => sum + talker.said, 0);
  const seconds = (performance.now() - begunAt) / 1000;
  say(`${said} messages in ${seconds.toFixed(1)} s: ${(said / seconds).toFixed(0)} a second`);
};

const expectRising = (messages: Chat[]) => {
  for (const [i, message] of messages.entries()) {
    const previous = messages[i - 1];
    if (!previous) continue;
    expect([previous.created_at < message.created_at, BigInt(previous.id) < BigInt(message.id)]).toEqual([
      true,
      true,
    ]);
  }
};
const saidBy = (messages: Chat[], { talk: { topic } }: Talker) =>
  messages.filter(({ content }) => content.startsWith(`${topic} `));
const allSaidBy = ({ said, talk: { topic } }: Talker) =>
  Array.from({ length: said }, (_, i) => `${topic} ${i}`);
const peerOf = ({ talk: { peer } }: Talker) => talkers.find(({ talk }) => talk.me === peer);

/** Each thing that was said is answered, and in the store, once, in order, as it was answered. */
const expectAllStored = async () => {
  expect(talkers.flatMap(({ errors }) => errors)).toEqual([]);
  const check = async (talker: Talker) => {
    const reader = await connectAs(gatewaysFrom(0)()[0] ?? "", talker.talk.me);
    const stored = await loadAll(reader, talker.chatId);
    await reader.close();
    expectRising(stored);
    const mine = saidBy(stored, talker);
    expect(mine.map(({ content }) => content)).toEqual(allSaidBy(talker));
    expect([...talker.acked.values()].toSorted(byTime)).toEqual(mine);
  };
  await Promise.all(talkers.map(check));
};
const byTime = (a: Chat, b: Chat) => (a.created_at < b.created_at ? -1 : 1);

/** Each socket saw its conversation in order, nothing twice; one that lived all the time saw all of it. */
const expectAllHeard = async () => {
  const check = async (talker: Talker) => {
    for (const { chats } of talker.lives) expectRising(chats);
    const peer = peerOf(talker);
    const [life, ...later] = talker.lives;
    if (!peer || !life || later.length > 0) return;
    const heard = () => saidBy(life.chats, peer).map(({ content }) => content);
    await until("all heard", () => heard().length >= peer.said, HEARD_WITHIN_MS).catch(() => {});
    expect(heard()).toEqual(allSaidBy(peer));
  };
  await Promise.all(talkers.map(check));
};

test("no message is lost, doubled, failed or out of order while processes come and go", async () => {
  await cluster.add("chat");
  await pause(500);
  await cluster.remove("chat-1");
  await pause(500);
  const { url } = await cluster.add("gateway");
  await pause(500);
  await cluster.remove("gateway-2");
  await pause(1_000);
  await finish();

  const moved = talkers.filter(({ lives }) => lives.length > 1);
  say(`${moved.length} of ${talkers.length} sockets moved, some to ${url}`);
  expect(moved.length).toBeGreaterThan(PAIRS / 2);
  await expectAllStored();
  await expectAllHeard();
  // a gateway that goes away has answered all that it did
  expect(talkers.flatMap(({ unanswered }) => unanswered)).toEqual([]);
});

test("no message is lost, doubled, failed or out of order when a process is killed with -9", async () => {
  const victim = cluster.processes().find(({ name }) => kindOf(name) === "chat");
  if (!victim) throw new Error("no chat process");
  process.kill(victim.pid, "SIGKILL");
  const isBack = ({ name, pid, up }: Part) => name === victim.name && pid !== victim.pid && up;
  await until("it is there again", () => cluster.processes().some(isBack));
  await pause(1_000);
  await finish();
  await expectAllStored();
  await expectAllHeard();
});
