import { beforeAll, expect, test } from "@jest/globals";
import type { Chat, Client } from "../support/client.ts";
import { clusterOf, until, type Cluster } from "../support/cluster.ts";
import { connectAs, dm, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { startWatchedNats } from "../support/watched-nats.ts";

const MESSAGES = 300;
let server: Server;
let cluster: Cluster;
let nats: Awaited<ReturnType<typeof startWatchedNats>>;
let a: Person, b: Person, c: Person;
/** The gateways. */
let gateA: string, gateB: string, gateC: string;

beforeAll(async () => {
  nats = await startWatchedNats();
  server = await startServer({ NATS_URL: nats.url }, "cluster");
  cluster = clusterOf(server);
  [gateA = "", gateB = ""] = server.urls;
  gateC = (await cluster.add("gateway")).url ?? "";
  const [first, second, third] = await registerAll(server, "ann", "ben", "cy");
  if (!first || !second || !third) throw new Error("three people");
  [a, b, c] = [first, second, third];
});

const PUSHES = /push\.user\.(\d+)$/;
/** The users whose pushes a gateway hears. */
const heardBy = async (gateway: string) => {
  const { subscriptions_list: subjects = [] } = await nats.connectionOf(gateway);
  return subjects.flatMap((subject) => PUSHES.exec(subject)?.[1] ?? []).toSorted();
};
const talk = async (from: Client, chat_id: string, count: number): Promise<Chat[]> => {
  const sent: Chat[] = [];
  for (let i = 0; i < count; i++) {
    from.send("chat", { type: "send", chat_id, content: `message ${i}` });
    sent.push((await from.next("chat")).payload);
  }
  return sent;
};
const received = async (client: Client, count: number): Promise<Chat[]> => {
  const frames: Chat[] = [];
  while (frames.length < count) frames.push((await client.next("chat")).payload);
  return frames;
};
const together = (...people: Person[]) => people.map(({ id }) => id).toSorted();

test("a gateway hears of those users whose sockets it holds, until the last one's end", async () => {
  const onA = await connectAs(gateA, a);
  const onB = [await connectAs(gateB, b), await connectAs(gateB, b), await connectAs(gateB, a)];
  const onC = await connectAs(gateC, c);
  expect(await heardBy("gateway-1")).toEqual(together(a));
  expect(await heardBy("gateway-2")).toEqual(together(a, b));
  expect(await heardBy("gateway-3")).toEqual(together(c));
  await onB[0]?.close();
  await onB[2]?.close();
  await until("ann is not listened for", async () => !(await heardBy("gateway-2")).includes(a.id), 5_000);
  expect(await heardBy("gateway-2")).toEqual(together(b));
  for (const client of [onA, onC, ...onB]) if (client.isOpen) await client.close();
  await until("nobody is listened for", async () => (await heardBy("gateway-3")).length === 0, 5_000);
});

test("a direct message goes to the gateways of its two people, and to no other", async () => {
  const [onA, onB, onC] = [await connectAs(gateA, a), await connectAs(gateB, b), await connectAs(gateC, c)];
  const traffic = async (gateway: string) => (await nats.connectionOf(gateway)).out_msgs;
  const before = [await traffic("gateway-2"), await traffic("gateway-3")];
  const sent = await talk(onA, dm(a, b), MESSAGES);
  expect(await received(onB, MESSAGES)).toEqual(sent);
  const after = [await traffic("gateway-2"), await traffic("gateway-3")];
  const [toB = 0, toC = 0] = after.map((count, i) => count - (before[i] ?? 0));
  expect(toB).toBeGreaterThanOrEqual(MESSAGES);
  expect(toC).toBeLessThan(MESSAGES / 2); // each process says every few seconds that it lives
  expect(await heardBy("gateway-3")).toEqual(together(c));
  expect(onC.drain()).toEqual([]);
  await Promise.all([onA, onB, onC].map((client) => client.close()));
});

test("each socket of a user gets each push once, on however many gateways they are", async () => {
  const places = [gateA, gateA, gateB, gateB, gateC];
  const mine = await Promise.all(places.map((url) => connectAs(url, a)));
  const theirs = await Promise.all(places.map((url) => connectAs(url, b)));
  const [sender, ...others] = [...mine, ...theirs];
  if (!sender) throw new Error("ten sockets");
  const sent = await talk(sender, dm(a, b), 40);
  for (const client of others) expect(await received(client, sent.length)).toEqual(sent);
  await Promise.all([sender, ...others].map((client) => client.expectSilence(300)));
});
