import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { error, failure } from "../support/answers.ts";
import { Client, type Frame } from "../support/client.ts";
import { postForm } from "../support/form.ts";
import { loadAll } from "../support/history.ts";
import { connectAs, dm, gateA, gateB, register, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

const BURST = 120;
const PER_SECOND = 20;
let server: Server;
let a: Person, b: Person;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT: "on" });
  a = await register(server);
  b = await register(server);
});

/** Sends frames at once and reads an answer to each; how many were let through, and how long it all took. */
const flood = async (client: Client, count: number, send: (i: number) => void) => {
  const begun = performance.now();
  for (let i = 0; i < count; i++) send(i);
  const answers: Frame[] = [];
  while (answers.length < count) answers.push(await client.next());
  const refused = answers.filter(({ type }) => type === "error");
  expect(refused).toEqual(refused.map(() => error(4008)));
  return {
    passed: answers.filter(({ type }) => type !== "error"),
    seconds: (performance.now() - begun) / 1000,
  };
};

describe("4008, too many frames", () => {
  test("120 at once, then 20/s, per socket; each one over gets a 4008 and is not processed", async () => {
    const client = await Client.connect(gateA(server));
    const other = await Client.connect(gateA(server));
    const beat = (i: number) => client.send("heartbeat", i);
    const first = await flood(client, 200, beat);
    expect(first.passed.length).toBeGreaterThanOrEqual(BURST);
    expect(first.passed.length).toBeLessThanOrEqual(BURST + Math.ceil(first.seconds * PER_SECOND));
    expect(first.passed.slice(0, BURST).map(({ payload }) => payload)).toEqual(
      Array.from({ length: BURST }, (_, i) => i),
    );
    expect(await other.ask("heartbeat", 1)).toEqual({ type: "heartbeat", payload: 1 });

    await pause(1_500);
    const later = await flood(client, 100, beat);
    expect(later.passed.length).toBeGreaterThanOrEqual(PER_SECOND);
    expect(later.passed.length).toBeLessThanOrEqual(
      Math.ceil((1.5 + first.seconds + later.seconds) * PER_SECOND) + 10,
    );
    expect(client.isOpen).toBe(true);
  });

  test("a message over the limit is not stored", async () => {
    const client = await connectAs(gateA(server), a);
    const chat_id = dm(a, b);
    const count = 400; // so many that a slow server lets not all of them through
    const { passed } = await flood(client, count, (i) =>
      client.send("chat", { type: "send", chat_id, content: `${i}` }),
    );
    expect(passed.length).toBeGreaterThanOrEqual(BURST - 2); // a heartbeat and auth came before
    expect(passed.length).toBeLessThan(count);
    const reader = await connectAs(gateB(server), b);
    expect(await loadAll(reader, chat_id)).toEqual(passed.map(({ payload }) => payload));
  });

  test("counts frames that are refused for something else", async () => {
    const client = await Client.connect(gateA(server));
    for (let i = 0; i < 200; i++) client.sendRaw(i % 2 === 0 ? "not json" : Buffer.from("binary"));
    const codes: Record<number, number> = {};
    for (let i = 0; i < 200; i++) {
      const { code } = (await client.next("error")).payload;
      codes[code] = (codes[code] ?? 0) + 1;
    }
    expect(codes[4008]).toBeGreaterThan(0);
    expect((codes[1003] ?? 0) + (codes[1007] ?? 0)).toBeGreaterThanOrEqual(BURST);
  });
});

describe("429", () => {
  test("login is throttled, with Retry-After", async () => {
    const attempt = () =>
      postForm(`${gateA(server)}/api/v1/auth/login`, { email: b.email, password: "a wrong guess" });
    let answer = await attempt();
    for (let i = 0; i < 200 && answer.status === 401; i++) answer = await attempt();
    expect([answer.status, answer.body]).toEqual([429, failure()]);
    const wait = answer.headers.get("retry-after");
    expect(wait).toMatch(/^\d+$/);
    expect(Number(wait)).toBeGreaterThan(0);
  });
});

test("RATE_LIMIT=off lets everything through", async () => {
  const free = await startServer({ RATE_LIMIT: "off" });
  const client = await Client.connect(gateA(free));
  const { passed } = await flood(client, 500, (i) => client.send("heartbeat", i));
  expect(passed).toHaveLength(500);
});
