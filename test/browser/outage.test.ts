import { beforeAll, expect, test } from "@jest/globals";
import { clusterOf } from "../support/cluster.ts";
import { gateA, gateB } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { historyOf, onlineAs } from "../sdk/clients.ts";
import * as acts from "./acts.ts";
import { openDevice, type Device } from "./browser.ts";

/** What people see of a crash: a word that says so, and then all that was said, once and in order. */
let server: Server;
let ann: Device, ben: Device;
let names: { ann: string; ben: string };
const isCluster = process.env["REWIND_SHAPE"] === "cluster";
const SENTENCE = /^(ann|ben) \d+\.$/m;

beforeAll(async () => {
  server = await startServer();
  ann = await openDevice(gateA(server));
  ben = await openDevice(gateB(server));
  names = await acts.signUpFriends(server, ann, ben);
  await acts.talkTo(ann.page, names.ben);
  await acts.talkTo(ben.page, names.ann);
});

/** Kills what serves the pages, without a word; it is there again some time after. */
async function killGateways(): Promise<void> {
  if (!isCluster) return server.kill().then(() => server.restart());
  const gateways = clusterOf(server)
    .processes()
    .filter(({ name }) => name.startsWith("gateway"));
  for (const { pid } of gateways) process.kill(pid, "SIGKILL"); // npm run cluster starts them again
}

const tokenOf = ({ page }: Device) =>
  page.evaluate(() => /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(JSON.stringify({ ...localStorage }))?.[0] ?? "");
const sentences = async ({ page }: Device) =>
  (await acts.messages(page).allInnerTexts()).flatMap((text) => SENTENCE.exec(text)?.[0] ?? []);

test("killed while both are talking: nothing is lost, doubled or out of order", async () => {
  const talk = async ({ page }: Device, name: string) => {
    for (let i = 0; i < 15; i++) await acts.say(page, `${name} ${i}.`);
  };
  const first = Promise.all([talk(ann, "ann"), talk(ben, "ben")]);
  await acts.sent(ann.page, "ann 2.").waitFor();
  const killed = killGateways();
  await first;
  await killed;
  for (const { page } of [ann, ben])
    for (const name of ["ann", "ben"]) await acts.sent(page, `${name} 14.`).waitFor({ timeout: 40_000 });

  const client = await onlineAs(gateA(server), { token: await tokenOf(ann) } as never);
  const [chat] = (await client.chats()).chats;
  const stored = (await historyOf(client, chat?.chat_id ?? "")).map(({ content }) => content);
  expect(stored.filter((it) => it.startsWith("ann"))).toEqual(
    Array.from({ length: 15 }, (_, i) => `ann ${i}.`),
  );
  expect(stored.filter((it) => it.startsWith("ben"))).toEqual(
    Array.from({ length: 15 }, (_, i) => `ben ${i}.`),
  );
  for (const device of [ann, ben])
    expect(await sentences(device)).toEqual(stored.slice(-(await sentences(device)).length));
  client.close();
}, 120_000);

test("written while there is no connection: shown as waiting, kept through a reload, sent once", async () => {
  await ann.context.setOffline(true);
  await ann.page
    .getByRole("status")
    .filter({ hasText: /Offline|Reconnecting/ })
    .waitFor({ timeout: 40_000 });
  await acts.say(ann.page, "in the tunnel one");
  await acts.say(ann.page, "in the tunnel two");
  await ann.page.getByRole("status").filter({ hasText: "2 messages waiting" }).waitFor();
  expect(await acts.pending(ann.page).count()).toBe(2);
  await ann.context.setOffline(false);
  await ann.page.reload(); // at once: whatever had been sent by then is not sent twice
  for (const { page } of [ann, ben])
    for (const count of ["one", "two"])
      await acts.sent(page, `in the tunnel ${count}`).waitFor({ timeout: 40_000 });
  for (const { page } of [ann, ben]) expect(await acts.message(page, "in the tunnel").count()).toBe(2);
}, 120_000);

// In a cluster there is always somebody to ask.
if (!isCluster)
  test("a reload with no server at all keeps what was written; it is sent when there is one", async () => {
    await server.kill();
    await acts.say(ann.page, "to a dead server");
    await acts.pending(ann.page).waitFor();
    await server.restart();
    await ann.page.reload();
    for (const { page } of [ann, ben]) {
      await acts.sent(page, "to a dead server").waitFor({ timeout: 40_000 });
      expect(await acts.message(page, "to a dead server").count()).toBe(1);
    }
  }, 120_000);
