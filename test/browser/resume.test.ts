import { beforeAll, expect, test } from "@jest/globals";
import { relayTo, type Relay } from "../conformance-v2/relay.ts";
import { onlineAs } from "../sdk/clients.ts";
import { gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import * as acts from "./acts.ts";
import { openDevice, type Device } from "./browser.ts";

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
