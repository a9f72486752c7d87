import { beforeAll, describe, expect, test } from "@jest/globals";
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
const SOME = 600;
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

describe("a long conversation", () => {
  let chatId: string;
  /** Sends so that there are `count` messages, of which each says which one it is. */
  const fill = async (from: number, count: number) => {
    const target = await onlineAs(gateA(server), writer);
    const { id } = await target.user({ name: account.name });
    if (from === 0) ({ chat_id: chatId } = await target.send({ user_id: id }, `message ${from++}.`));
    const sockets = [
      target,
      ...(await Promise.all(Array.from({ length: 7 }, () => onlineAs(gateA(server), writer)))),
    ];
    await Promise.all(
      sockets.map(async (socket) => {
        while (from < count) await socket.send({ chat_id: chatId }, `message ${from++}.`);
      }),
    );
    for (const socket of sockets) socket.close();
  };
  /** The ids of what is in the page, from the top. */
  const shown = ({ page }: Device) =>
    acts
      .messages(page)
      .evaluateAll((all) => all.map((it) => BigInt(it.getAttribute("data-id") ?? "0")).map(String));
  const isRising = (ids: string[]) => ids.every((id, i) => i === 0 || BigInt(id) > BigInt(ids[i - 1] ?? "0"));
  /** Turns the wheel until `content` is in view; looks at what is in the page all the way. */
  const scrollTo = async (content: string, pixels: number, look: (ids: string[]) => void) => {
    const { page } = reader;
    await acts.log(page).hover();
    for (let turns = 0; turns < 3_000; turns++) {
      look(await shown(reader));
      if ((await acts.message(page, content).count()) > 0) return look(await shown(reader));
      await page.mouse.wheel(0, pixels);
    }
    throw new Error(`${content} is nowhere`);
  };

  test("is walked to its beginning without a gap or a repetition", async () => {
    await fill(0, SOME);
    await acts.open(reader.page, writer.name);
    await acts.message(reader.page, `message ${SOME - 1}.`).waitFor();
    const seen = new Set<string>();
    await scrollTo("message 0.", -400, (ids) => {
      expect(isRising(ids)).toBe(true);
      for (const id of ids) seen.add(id);
    });
    expect(seen.size).toBe(SOME);
  }, 120_000);

  test("of 10,000 messages has in the page only what is in view, wherever one is in it", async () => {
    await fill(SOME, MESSAGES);
    await reader.page.reload();
    await acts.message(reader.page, `message ${MESSAGES - 1}.`).waitFor();
    let most = 0;
    await scrollTo("message 0.", -20_000, (ids) => {
      expect(isRising(ids)).toBe(true);
      most = Math.max(most, ids.length);
    });
    expect(most).toBeLessThan(150);
    await acts.say(reader.page, "from up there");
    await acts.sent(reader.page, "from up there").waitFor(); // one's own is gone to
  }, 240_000);
});
