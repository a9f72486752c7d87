import { beforeAll, expect, test } from "@jest/globals";
import { relayTo, type Relay } from "../conformance-v2/relay.ts";
import { onlineAs } from "../sdk/clients.ts";
import { gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import * as acts from "./acts.ts";
import { openDevice, openPage, type Device } from "./browser.ts";

/** What a page shows of what happened while it had no connection. */
let server: Server;
let relay: Relay;
let ann: Person, ben: Person;
let device: Device;

beforeAll(async () => {
  server = await startServer();
  relay = await relayTo(gateA(server));
  [ann, ben] = (await registerAll(server, "ann", "ben")) as [Person, Person];
  device = await openDevice(relay.url);
  await acts.logIn(device, ann);
});

const isOffline = (text: RegExp) => device.page.getByRole("status").filter({ hasText: text }).waitFor();
const unread = (count: string) => acts.entryOf(device.page, ben.name).getByText(count, { exact: true });

test("what was read elsewhere meanwhile is unread no more", async () => {
  const [elsewhere, other] = [await onlineAs(gateB(server), ann), await onlineAs(gateB(server), ben)];
  const { chat_id, sent_seq } = await other.send({ user_id: ann.id }, "one");
  await unread("1").waitFor();
  relay.cut();
  await isOffline(/Offline|Reconnecting/);
  await elsewhere.read(chat_id, sent_seq);
  relay.mend();
  await unread("1").waitFor({ state: "detached" });
  expect(await device.page.title()).not.toContain("(");
});

test("a session that the server ends leaves what was being written, and every tab says why", async () => {
  await acts.open(device.page, ben.name);
  await acts.composer(device.page).fill("half a sentence");
  const other = await openPage(device.context, relay.url);
  await acts.conversations(other).waitFor();
  relay.cut();
  await device.page.evaluate(() => {
    for (const [key, value] of Object.entries({ ...localStorage }))
      if (value.startsWith("eyJ")) localStorage.setItem(key, `${value}x`);
  });
  relay.mend();
  await other.reload(); // the token is good no more
  for (const page of [device.page, other]) await page.locator(".farewell").waitFor();
  await acts.logIn(device, ann);
  await acts.open(device.page, ben.name);
  expect(await acts.composer(device.page).inputValue()).toBe("half a sentence");
});

test("where the browser keeps nothing there is a client all the same", async () => {
  const { context, page } = await openDevice("about:blank");
  await context.addInitScript(() => {
    for (const name of ["localStorage", "sessionStorage"])
      Object.defineProperty(globalThis, name, {
        get: () => {
          throw new DOMException("denied", "SecurityError");
        },
      });
  });
  await page.goto(gateB(server));
  await acts.logIn({ page }, ben);
  await acts.open(page, ann.name);
  await acts.say(page, "kept nowhere");
  await acts.sent(page, "kept nowhere").waitFor();
});
