import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { error } from "../support/answers.ts";
import type { Client } from "../support/client.ts";
import {
  befriend,
  connectAs,
  gateA,
  gateB,
  registerAll,
  uniqueName,
  type Person,
} from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

let server: Server;
let a: Person, b: Person, c: Person;
let a1: Client, a2: Client, b1: Client, b2: Client, c1: Client;
beforeAll(async () => {
  server = await startServer();
  const [first, second, third] = await registerAll(server, "Ann", "Ben", "Cy");
  if (!first || !second || !third) throw new Error("three people");
  [a, b, c] = [first, second, third];
  const [as, bs] = [await connectAs(gateA(server), a), await connectAs(gateB(server), b)];
  await befriend(as, a.name, bs, b.name);
  await Promise.all([as.close(), bs.close()]);
});
beforeEach(async () => {
  a1 = await connectAs(gateA(server), a);
  b1 = await connectAs(gateB(server), b);
  a2 = await connectAs(gateB(server), a);
  b2 = await connectAs(gateA(server), b);
  c1 = await connectAs(gateB(server), c);
});

afterEach(() => Promise.all([a1, a2, b1, b2, c1].map((client) => client.close())));

const frame = ({ id, name }: Person, profile: string | null = null) => ({
  type: "user",
  payload: { id, name, profile },
});
const silence = () => Promise.all([a1, a2, b1, b2, c1].map((client) => client.expectSilence(150)));

describe("user", () => {
  test("{id} answers the user object", async () => {
    for (const person of [a, b, c]) expect(await a1.ask("user", { id: person.id })).toEqual(frame(person));
  });

  test("{name} answers the user object, whatever the name's case", async () => {
    for (const name of [c.name, c.name.toUpperCase(), c.name.toLowerCase()]) {
      expect(await a1.ask("user", { name })).toEqual(frame(c));
    }
  });

  test("nobody by that id or name: 4004", async () => {
    const id = String(BigInt(a.id) + 2n ** 40n);
    expect(await a1.ask("user", { id })).toEqual(error(4004));
    expect(await a1.ask("user", { id: "3" })).toEqual(error(4004));
    for (const name of [uniqueName(), "%", "toString", c.name.slice(0, -1), `${c.name} `]) {
      expect(await a1.ask("user", { name })).toEqual(error(4004));
    }
  });

  test("neither id, name nor profile, or a bad one: 4000", async () => {
    const bad = [
      {},
      { other: 1 },
      { name: "" },
      { name: "n".repeat(33) },
      { name: 5 },
      { name: null },
      { name: ["x"] },
    ];
    for (const payload of bad) expect(await a1.ask("user", payload)).toEqual(error(4000));
    await silence();
  });
});

describe("user {profile}", () => {
  test("sets one's own profile, and is pushed to friends' sockets and one's own other sockets", async () => {
    const url = "https://example.com/p.png?size=1&x=%20#top";
    expect(await a1.ask("user", { profile: url })).toEqual(frame(a, url));
    for (const client of [a2, b1, b2]) expect(await client.next()).toEqual(frame(a, url));
    await silence(); // c is no friend
    expect(await c1.ask("user", { id: a.id })).toEqual(frame(a, url));
    b1.send("auth", { auth: b.token });
    expect((await b1.next("auth")).payload.mutual_users).toEqual([frame(a, url).payload]);
    a1.send("auth", { auth: a.token });
    expect((await a1.next("auth")).payload.self_user).toEqual(frame(a, url).payload);
  });

  test("null removes it", async () => {
    await c1.ask("user", { profile: "http://example.com/c.png" });
    expect(await c1.ask("user", { profile: null })).toEqual(frame(c));
    expect(await a1.ask("user", { name: c.name })).toEqual(frame(c));
    await silence();
  });

  test("takes 512 characters", async () => {
    const url = "https://example.com/".padEnd(512, "x");
    expect(await c1.ask("user", { profile: url })).toEqual(frame(c, url));
  });

  test.each([
    "",
    "p.png",
    "//example.com/p.png",
    "javascript:alert(1)",
    "data:image/png;base64,AAAA",
    "ftp://example.com/p.png",
    "https://",
    "https://example.com/a b",
    'https://example.com/"onload="x',
    "https://example.com/<b>",
    "https://example.com/\n",
    " https://example.com/p.png",
    "https://example.com/".padEnd(513, "x"),
    5,
    true,
    ["https://example.com/p.png"],
    { url: "https://example.com/p.png" },
  ])("a bad url is 4000 and changes nothing: %j", async (profile) => {
    const before = await c1.ask("user", { id: a.id });
    expect(await a1.ask("user", { profile })).toEqual(error(4000));
    await silence();
    expect(await c1.ask("user", { id: a.id })).toEqual(before);
  });
});
