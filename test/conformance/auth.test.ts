import { beforeAll, describe, expect, test } from "@jest/globals";
import { error } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { befriend, connectAs, gateA, gateB, register, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

let server: Server;
let a: Person;
let b: Person;
let c: Person;
beforeAll(async () => {
  server = await startServer();
  const [first, second, third] = await registerAll(server, "Ann", "ben", "cy");
  if (!first || !second || !third) throw new Error("three people");
  [a, b, c] = [first, second, third];
});

const beaten = async (url = gateA(server)) => {
  const client = await Client.connect(url);
  await client.ask("heartbeat", { count: 0 });
  return client;
};
const publicPart = ({ id, name }: Person) => ({ id, name, profile: null });

describe("auth", () => {
  test("answers {self_user, mutual_requests, mutual_users}", async () => {
    const client = await beaten();
    expect(await client.ask("auth", { auth: a.token })).toEqual({
      type: "auth",
      payload: { self_user: publicPart(a), mutual_requests: [], mutual_users: [] },
    });
    expect(a.id).toMatch(/^[1-9]\d*$/);
  });

  test("the last two are lists of user objects {id, name, profile}: who asked, and who is a friend", async () => {
    const [me, friend, asking] = await registerAll(server, "me", "friend", "asking");
    if (!me || !friend || !asking) throw new Error("three people");
    const [mine, theirs, other] = await Promise.all([
      connectAs(gateA(server), me),
      connectAs(gateB(server), friend),
      connectAs(gateB(server), asking),
    ]);
    await befriend(mine, me.name, theirs, friend.name);
    expect((await other.ask("mutual_users", { type: "request", name: me.name })).type).toBe("ok");
    await mine.next("mutual_users");
    expect((await mine.ask("auth", { auth: me.token })).payload).toEqual({
      self_user: publicPart(me),
      mutual_requests: [publicPart(asking)],
      mutual_users: [publicPart(friend)],
    });
    // a request one made oneself is in neither list
    expect((await other.ask("auth", { auth: asking.token })).payload).toEqual({
      self_user: publicPart(asking),
      mutual_requests: [],
      mutual_users: [],
    });
  });

  test("is allowed any number of times on a live socket, with fresh lists each time", async () => {
    const me = await register(server);
    const mine = await connectAs(gateA(server), me);
    const theirs = await connectAs(gateB(server), c);
    for (let i = 0; i < 3; i++) {
      const again = await mine.ask("auth", { auth: me.token });
      expect(again).toMatchObject({ type: "auth", payload: { mutual_requests: [] } });
    }
    expect((await theirs.ask("mutual_users", { type: "request", name: me.name })).type).toBe("ok");
    await mine.next("mutual_users");
    const fresh = await mine.ask("auth", { auth: me.token });
    expect(fresh).toMatchObject({ type: "auth", payload: { mutual_requests: [publicPart(c)] } });
  });

  test("works with any valid token of the same user", async () => {
    const mine = await connectAs(gateA(server), a);
    const second = await connectAs(gateB(server), a);
    expect((await mine.ask("auth", { auth: a.token })).type).toBe("auth");
    expect((await second.ask("auth", { auth: a.token })).type).toBe("auth");
  });

  test("with another user's token on a signed-in socket: 4000, and one stays who one was", async () => {
    const mine = await connectAs(gateA(server), a);
    expect(await mine.ask("auth", { auth: b.token })).toEqual(error(4000));
    expect(await mine.ask("auth", { auth: a.token })).toMatchObject({ payload: { self_user: { id: a.id } } });
  });
});

describe("a bad token", () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const tampered = () => {
    const [head = "", claims = "", mac = ""] = a.token.split(".");
    return `${head}.${claims}.${mac.startsWith("A") ? "B" : "A"}${mac.slice(1)}`;
  };
  /** The claims of a's token with b's id wherever a's stood, under a's signature. */
  const swapped = () => {
    const [head = "", claims = "", mac = ""] = a.token.split(".");
    const forged = Buffer.from(claims, "base64url").toString().replaceAll(a.id, b.id);
    return `${head}.${Buffer.from(forged).toString("base64url")}.${mac}`;
  };
  const unsigned = () => `${part({ alg: "none", typ: "JWT" })}.${a.token.split(".")[1] ?? ""}.`;
  const cases: [string, () => unknown][] = [
    ["nonsense", () => "nonsense"],
    ["empty", () => ""],
    ["a number", () => 5],
    ["null", () => null],
    ["a list", () => [a.token]],
    ["an object", () => ({ token: a.token })],
    ["too long", () => "x".repeat(5_000)],
    ["cut short", () => a.token.slice(0, -5)],
    ["with another signature", tampered],
    ["with other claims", swapped],
    ["with alg none", unsigned],
    ["a user id", () => a.id],
  ];

  test.each(cases)("%s: 4000, the socket stays open and is not signed in", async (_what, token) => {
    const client = await beaten();
    expect(await client.ask("auth", { auth: token() })).toEqual(error(4000));
    expect(await client.ask("load", { type: "mutual_users" })).toEqual(error(4001));
    expect((await client.ask("auth", { auth: a.token })).type).toBe("auth");
    await client.close();
  });

  test("on a signed-in socket: 4000, and it stays signed in", async () => {
    const client = await connectAs(gateA(server), a);
    expect(await client.ask("auth", { auth: "nonsense" })).toEqual(error(4000));
    expect((await client.ask("load", { type: "mutual_users" })).type).toBe("mutual_users");
  });
});
