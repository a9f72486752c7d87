import { beforeAll, describe, expect, test } from "@jest/globals";
import { error } from "../support/answers.ts";
import type { Chat, Client } from "../support/client.ts";
import { koreanTime, loadAll, loadFrame } from "../support/history.ts";
import { connectAs, dm, gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

const NO_IDS = [
  "",
  " ",
  "-2",
  "+2",
  "9223372036854775808",
  "18446744073709551616",
  "1".repeat(100),
  "0x10",
  "ff",
  "02",
  "00",
  "2 ",
  " 2",
  "2\n",
  "2.0",
  "2e3",
  "1_000",
  "1,000",
  "٢٢",
  "２",
  "NaN",
  "null",
  "__proto__",
  "constructor",
  "2 OR 1=1",
  2,
  0,
  -2,
  1.5,
  1e300,
  true,
  ["2"],
  { id: "2" },
];
let server: Server;
let a: Person, b: Person;
let mine: Client, theirs: Client;
let message: Chat;
beforeAll(async () => {
  server = await startServer();
  const [first, second] = await registerAll(server, "ann", "ben");
  if (!first || !second) throw new Error("two people");
  [a, b] = [first, second];
  mine = await connectAs(gateA(server), a);
  theirs = await connectAs(gateB(server), b);
  mine.send("chat", { type: "send", chat_id: dm(a, b), content: "the only one" });
  message = (await mine.next("chat")).payload;
  await theirs.next("chat");
});

/** Nobody heard of it, nothing changed, and the socket works. */
const expectNothingChanged = async () => {
  expect(await mine.ask("heartbeat", 1)).toEqual({ type: "heartbeat", payload: 1 });
  await theirs.expectSilence(100);
  expect(await loadAll(theirs, dm(a, b))).toEqual([message]);
};

describe("an id that is none is 4000 and changes nothing", () => {
  const fields: [string, string, (id: unknown) => object][] = [
    ["chat_id of send", "chat", (chat_id) => ({ type: "send", chat_id, content: "x" })],
    ["chat_id of edit", "chat", (chat_id) => ({ type: "edit", chat_id, content: "x", id: message.id })],
    ["id of edit", "chat", (id) => ({ type: "edit", chat_id: dm(a, b), content: "x", id })],
    ["id of edit to nothing", "chat", (id) => ({ type: "edit", chat_id: dm(a, b), content: "", id })],
    ["load_id", "load", (load_id) => ({ ...loadFrame("2", koreanTime(), 10), load_id })],
    ["id of user", "user", (id) => ({ id })],
  ];
  test.each(fields)("%s", async (_what, type, payload) => {
    const answers = [];
    for (const id of [...NO_IDS, null]) answers.push({ id, answer: await mine.ask(type, payload(id)) });
    expect(answers).toEqual([...NO_IDS, null].map((id) => ({ id, answer: error(4000) })));
    await expectNothingChanged();
  });

  test.each(fields.filter(([what]) => what !== "id of user"))(
    "%s, left out",
    async (_what, type, payload) => {
      expect(await mine.ask(type, payload(undefined))).toEqual(error(4000));
      await expectNothingChanged();
    },
  );
});

describe("an id that is one", () => {
  test.each(["9223372036854775806", "9223372036854775807", "2"])(
    "but names nothing is 4004: %s",
    async (id) => {
      expect(await mine.ask("chat", { type: "send", chat_id: id, content: "x" })).toEqual(error(4004));
      expect(await mine.ask("load", loadFrame(id, koreanTime(), 10))).toEqual(error(4004));
      expect(await mine.ask("user", { id })).toEqual(error(4004));
      const edit = { type: "edit", chat_id: dm(a, b), content: "y", id };
      expect(await mine.ask("chat", edit)).toEqual(error(4004));
      await expectNothingChanged();
    },
  );

  test("is a decimal string below 2^63; users' are even, messages' are odd, so chat_id is even", async () => {
    const people = await registerAll(server, "x", "y", "z");
    for (const { id } of [...people, a, b]) {
      expect(id).toMatch(/^[1-9]\d{0,18}$/);
      expect(BigInt(id) < 2n ** 63n).toBe(true);
      expect(BigInt(id) % 2n).toBe(0n);
    }
    for (const person of people) {
      mine.send("chat", { type: "send", chat_id: dm(a, person), content: "x" });
      const { payload } = await mine.next("chat");
      expect(BigInt(payload.id) % 2n).toBe(1n);
      expect(BigInt(payload.id) < 2n ** 63n).toBe(true);
      expect(BigInt(payload.chat_id) % 2n).toBe(0n);
    }
  });

  test("is nobody else's: those of people and messages made at the same time are all different", async () => {
    const people = await registerAll(server, ...Array.from({ length: 10 }, (_, i) => `p${i}`));
    const [first] = people;
    if (!first) throw new Error("ten people");
    for (let i = 0; i < 100; i++)
      mine.send("chat", { type: "send", chat_id: dm(a, first), content: String(i) });
    const ids = people.map(({ id }) => id);
    for (let i = 0; i < 100; i++) ids.push((await mine.next("chat")).payload.id);
    expect(new Set(ids).size).toBe(110);
  });
});
