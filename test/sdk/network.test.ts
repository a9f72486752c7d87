import { afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { relayTo } from "../conformance-v2/relay.ts";
import { gateA, register, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { clientOf, next, onlineAs } from "./clients.ts";

let server: Server;
let me: Person;
/** What a browser has, and Node has not. */
const browser = new EventTarget();
const names = ["addEventListener", "removeEventListener"] as const;

beforeAll(async () => {
  server = await startServer();
  me = await register(server);
});
beforeEach(() => {
  for (const name of names) Object.assign(globalThis, { [name]: browser[name].bind(browser) });
});
afterEach(() => {
  for (const name of names) Reflect.deleteProperty(globalThis, name);
});

test("a browser that is online again has a client that connects at once", async () => {
  const relay = await relayTo(gateA(server));
  relay.cut();
  const mine = clientOf(relay.url, me);
  await new Promise((resolve) => setTimeout(resolve, 1_600)); // it waits longer each time
  relay.mend();
  const begun = performance.now();
  browser.dispatchEvent(new Event("online"));
  await next(mine, "ready");
  expect(performance.now() - begun).toBeLessThan(500);
});

test("one that says it is offline has a client that asks whether that is so", async () => {
  const mine = await onlineAs(gateA(server), me, { heartbeat: { timeout_ms: 300 } });
  browser.dispatchEvent(new Event("offline"));
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(mine.state).toBe("online"); // the server is on this machine
  process.kill(server.pid, "SIGSTOP");
  browser.dispatchEvent(new Event("offline"));
  expect(await next(mine, "state")).toBe("reconnecting");
  process.kill(server.pid, "SIGCONT");
  await next(mine, "ready");
});

test("a client that is closed listens to the browser no more", async () => {
  const mine = await onlineAs(gateA(server), me);
  mine.close();
  browser.dispatchEvent(new Event("online"));
  expect(mine.state).toBe("closed");
});
