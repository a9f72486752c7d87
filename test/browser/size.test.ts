import { beforeAll, expect, test } from "@jest/globals";
import { gateA, register, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { onlineAs } from "../sdk/clients.ts";
import * as acts from "./acts.ts";
import { openDevice, type Device } from "./browser.ts";

/** What keeps the client light. How fast it is, `npm run bench:web` tells. */
let server: Server;
let reader: Device;
let account: acts.Account;
let writer: Person;
const MESSAGES = 10_000;
const KIB = 1024;

beforeAll(async () => {
  server = await startServer();
  reader = await openDevice(gateA(server));
  account = await acts.signUp(server, reader);
  writer = await register(server);
});

test("the first load is under 100 KiB of compressed script", async () => {
  const html = await (await fetch(gateA(server), { headers: { accept: "text/html" } })).text();
  const scripts = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, path = ""]) => path);
  expect(scripts.length).toBeGreaterThan(0);
  const sizes = await Promise.all(
    scripts.map(async (path) => {
      const response = await fetch(`${gateA(server)}${path}`, { headers: { "accept-encoding": "gzip" } });
      expect(response.headers.get("content-encoding")).toBe("gzip");
      expect(response.headers.get("cache-control")).toContain("immutable");
      return Number(response.headers.get("content-length"));
    }),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(100 * KIB);
  // And nothing more is fetched when it starts.
  const loaded = await reader.page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .flatMap(({ name }) => (name.endsWith(".js") ? [new URL(name).pathname] : [])),
  );
  expect(new Set(loaded)).toEqual(new Set(scripts));
});

test("of a conversation of 10,000 messages only what is in view is in the page, wherever one is in it", async () => {
  const { page } = reader;
  const client = await onlineAs(gateA(server), writer);
  const { id } = await client.user({ name: account.name });
  // RATE_LIMIT is off, and nobody waits for anybody.
  const first = await client.send({ user_id: id }, "message 0.");
  const sockets = await Promise.all(Array.from({ length: 4 }, () => onlineAs(gateA(server), writer)));
  let said = 1;
  await Promise.all(
    sockets.map(async (socket) => {
      while (said < MESSAGES) await socket.send({ chat_id: first.chat_id }, `message ${said++}.`);
    }),
  );
  for (const socket of [...sockets, client]) socket.close();
  await acts.open(page, writer.name);
  await acts.messages(page).first().waitFor();
  const seen = new Set<string>();
  const look = async () => {
    const ids = await acts
      .messages(page)
      .evaluateAll((all) => all.map((it) => it.getAttribute("data-id") ?? ""));
    for (const it of ids) seen.add(it);
    return ids.length;
  };
  await acts.log(page).hover();
  let most = 0;
  for (let still = 0, before = 0; seen.size < MESSAGES && still < 200; before = seen.size) {
    await page.mouse.wheel(0, -600);
    most = Math.max(most, await look());
    still = seen.size === before ? still + 1 : 0;
  }
  expect(seen.size).toBe(MESSAGES);
  expect(most).toBeLessThan(150);
  await acts.message(page, "message 0.").waitFor();
}, 240_000);
