import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Client } from "../support/client.ts";
import { connectAs, gateA, gateB, register, registerAll, signIn, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { Device, error, online, push, SILENCE_MS, signedIn, unnamedError } from "./device.ts";

let server: Server;
let a: Person, b: Person;
beforeAll(async () => {
  server = await startServer();
});
beforeEach(async () => {
  [a, b] = (await registerAll(server, "ann", "ben")) as [Person, Person];
});
const user = ({ id, name }: Person) => ({ id, name, profile: null });

describe("the subprotocol", () => {
  test.each([
    [["rewind.v2"]],
    [["rewind.v1", "rewind.v2"]],
    [["rewind.v2", "rewind.v1"]],
    [["x", "rewind.v2"]],
  ])("rewind.v2 is chosen where it is offered: %j", async (offered) => {
    const device = await Device.connect(gateB(server), offered);
    expect(device.subprotocol).toBe("rewind.v2");
    expect((await device.next()).type).toBe("hello");
  });

  test.each([undefined, "rewind.v1"])("else it is v1, which says no hello: %j", async (offered) => {
    const client = await Client.connect(gateA(server), { subprotocols: offered ? [offered] : [] });
    expect(client.subprotocol).toBe(offered ?? "");
    await client.expectSilence(SILENCE_MS);
    await signIn(client, a.token);
    expect(await client.ask("sync", {})).toMatchObject({ type: "error", payload: { code: 4000 } });
  });
});

describe("hello", () => {
  test("is the first frame, unasked, and tells the limits", async () => {
    const device = await Device.connect(gateA(server));
    expect(await device.next()).toEqual({
      type: "hello",
      payload: {
        heartbeat_interval_ms: 40_000,
        heartbeat_timeout_ms: 90_000,
        max_frame_bytes: 64 * 1024,
        max_content: 2000,
        burst: expect.any(Number),
        rate: expect.any(Number),
      },
    });
    await device.expectSilence(SILENCE_MS);
  });
});

describe("ref", () => {
  test("of a request is that of its one reply, be it an answer or an error, and no push has one", async () => {
    const [mine, theirs] = [await online(gateA(server), a), await online(gateB(server), b)];
    const { chat_id } = await mine.tell(b.id, "hello");
    const requests = [
      ["auth", { auth: a.token }],
      ["auth", { auth: b.token }],
      ["sync", {}],
      ["chat", { type: "send", user_id: b.id, content: "x" }],
      ["chat", { type: "send", chat_id, content: "" }],
      ["chat", { type: "edit", chat_id, id: "3", content: "x" }],
      ["load", { type: "chat", chat_id }],
      ["load", { type: "chats" }],
      ["load", { type: "friends" }],
      ["read", { chat_id, seq: 1 }],
      ["typing", { chat_id }],
      ["user", { id: b.id }],
      ["user", { id: "1" }],
      ["mutual_users", { type: "request", name: b.name }],
      ["mutual_users", { type: "request", name: b.name }],
      ["nonsense", {}],
    ] as const;
    const refs = requests.map(([type], i) => `${i} ${type} 가`);
    for (const [i, [type, payload]] of requests.entries())
      mine.sendRaw(JSON.stringify({ type, payload, ref: refs[i] }));
    mine.sendRaw('{"type":"heartbeat","payload":"last"}');
    await mine.next("heartbeat");
    const withRef = mine.frames.flatMap(({ ref }) => (ref?.endsWith("가") ? [ref] : []));
    expect(withRef).toEqual(refs); // one after the other, in the order they came
    await pause(SILENCE_MS);
    const heard = theirs.drain();
    expect(heard.map(({ type }) => type)).toEqual(["chat", "chat", "typing", "mutual_users"]);
    for (const frame of heard) expect(frame).not.toHaveProperty("ref");
  });

  test("is not needed: the reply has none then", async () => {
    const device = await online(gateA(server), a);
    const frame = await device.askRaw(JSON.stringify({ type: "load", payload: { type: "friends" } }));
    expect(frame).toEqual({ type: "load", payload: { type: "friends", friends: [], requests: [] } });
    expect(frame).not.toHaveProperty("ref");
    expect(await device.askRaw(JSON.stringify({ type: "nonsense", payload: {} }))).not.toHaveProperty("ref");
  });

  test("may have 64 characters, and may be the same again", async () => {
    const device = await online(gateA(server), a);
    for (const ref of ["r".repeat(64), "가".repeat(64), " ", '"\\\n', "r".repeat(64)]) {
      const frame = { type: "load", payload: { type: "friends" }, ref };
      expect(await device.askRaw(JSON.stringify(frame))).toMatchObject({ type: "load", ref });
    }
  });

  test("that is no such string is an error, and nothing is done", async () => {
    const [mine, theirs] = [await online(gateA(server), a), await online(gateB(server), b)];
    for (const ref of ["r".repeat(65), 5, true, ["r"], { r: 1 }]) {
      const frame = { type: "chat", payload: { type: "send", user_id: b.id, content: "x" }, ref };
      expect(await mine.askRaw(JSON.stringify(frame))).toEqual(unnamedError(4000, "INVALID"));
    }
    await theirs.expectSilence(SILENCE_MS);
  });
});

describe("auth", () => {
  test("needs no heartbeat before, and tells of oneself, who asked and who is a friend", async () => {
    const asker = await online(gateA(server), b);
    await asker.ask("mutual_users", { type: "request", name: a.name });
    const device = await Device.connect(gateB(server));
    expect(await device.signIn(a)).toEqual({ user: user(a), requests: [user(b)], friends: [] });
    await device.ask("mutual_users", { type: "response", name: b.name });
    expect(await device.get("auth", "auth", { auth: a.token })).toEqual({
      user: user(a),
      requests: [],
      friends: [user(b)],
    });
  });

  test("lists are lists to every user agent", async () => {
    const headers = { subprotocols: ["rewind.v2"], userAgent: "Dart/3.0 (dart:io)" };
    const client = await Client.connect(gateA(server), headers);
    client.send("auth", { auth: a.token });
    const { payload } = await client.next("auth");
    expect(payload).toEqual({ user: user(a), requests: [], friends: [] });
  });

  test("with a wrong token is BAD_TOKEN, and the socket can still sign in", async () => {
    const device = await Device.connect(gateA(server));
    for (const token of ["nonsense", `${a.token}x`, a.token.slice(0, -2)])
      expect(await device.ask("auth", { auth: token })).toEqual(error(4000, "BAD_TOKEN"));
    for (const token of [undefined, null, "", 5, [a.token], { a: a.token }])
      expect(await device.ask("auth", { auth: token })).toEqual(error(4000, "INVALID"));
    expect((await device.signIn(a)).user.id).toBe(a.id);
  });

  test("as another user is OTHER_USER, and one stays who one was", async () => {
    const device = await online(gateA(server), a);
    expect(await device.ask("auth", { auth: b.token })).toEqual(error(4000, "OTHER_USER"));
    expect((await device.get("auth", "auth", { auth: a.token })).user.id).toBe(a.id);
  });

  test("comes first: all else is UNAUTHENTICATED before it, and the socket stays open", async () => {
    const device = await Device.connect(gateA(server));
    await device.next("hello");
    const requests = [
      ["sync", {}],
      ["sync", { cursors: {} }],
      ["chat", { type: "send", user_id: a.id, content: "x" }],
      ["chat", { type: "send", chat_id: "3", content: "x" }],
      ["chat", { type: "edit", chat_id: "3", id: "3", content: "x" }],
      ["chat", { type: "delete", chat_id: "3", id: "3" }],
      ["load", { type: "chat", chat_id: "3" }],
      ["load", { type: "chats" }],
      ["load", { type: "friends" }],
      ["read", { chat_id: "3", seq: 1 }],
      ["typing", { chat_id: "3" }],
      ["user", { id: a.id }],
      ["user", { profile: "https://example.com/p.png" }],
      ["mutual_users", { type: "request", name: a.name }],
    ] as const;
    for (const [type, payload] of requests)
      expect(await device.ask(type, payload)).toEqual(error(4001, "UNAUTHENTICATED"));
    expect((await device.get("auth", "auth", { auth: a.token })).user).toEqual(user(a));
  });
});

describe("sync", () => {
  test("begins what is pushed: nothing of chats comes before it, and everything after", async () => {
    const mine = await signedIn(gateA(server), a);
    const theirs = await online(gateB(server), b);
    const { chat_id } = await theirs.tell(a.id, "before");
    await theirs.get("ok", "typing", { chat_id });
    await theirs.read(chat_id, 1);
    await mine.expectSilence(SILENCE_MS);
    expect(await mine.sync()).toEqual({ reload: [] });
    await mine.expectSilence(SILENCE_MS);
    const message = await theirs.tell(a.id, "after");
    expect(await mine.next()).toEqual(push("send", { ...message, nonce: null }));
    await theirs.get("ok", "typing", { chat_id });
    expect((await mine.next()).type).toBe("typing");
    expect((await mine.page(chat_id)).messages.map(({ content }) => content)).toEqual(["before", "after"]);
  });

  test("is not needed to hear of friends", async () => {
    const mine = await signedIn(gateA(server), a);
    const theirs = await connectAs(gateB(server), b);
    await theirs.ask("mutual_users", { type: "request", name: a.name });
    const heard = { type: "mutual_users", payload: { type: "request", user: user(b) } };
    expect(await mine.next()).toEqual(heard);
  });

  test("is not needed to ask", async () => {
    const mine = await signedIn(gateA(server), a);
    const message = await mine.tell(b.id, "not synced");
    expect((await mine.page(message.chat_id)).messages).toEqual([message]);
    expect((await mine.chats()).chats).toHaveLength(1);
    await mine.expectSilence(SILENCE_MS);
  });
});

describe("heartbeat", () => {
  test.each([
    '{"type":"heartbeat","payload":{"count":0}}',
    '{ "ref" : "r1", "type":"heartbeat",\t"payload":[1.0e0, 12345678901234567890, "\\u0061"], "more": {} }',
    '{"type":"heartbeat"}',
    '{"type":"heartbeat","payload":null,"ref":"twice","ref":"twice"}',
  ])("comes back as it came, before auth and after it: %s", async (text) => {
    const device = await Device.connect(gateA(server));
    await device.next("hello");
    expect(await device.askRaw(text)).toEqual(JSON.parse(text));
    await device.get("auth", "auth", { auth: a.token });
    expect(await device.askRaw(text)).toEqual(JSON.parse(text));
    await device.expectSilence(50);
  });
});

describe("friends", () => {
  test("are asked, accepted and let go as in v1; load friends follows, and both sides hear", async () => {
    const c = await register(server);
    const [mine, other, theirs] = [
      await online(gateA(server), a),
      await online(gateB(server), a),
      await online(gateB(server), b),
    ];
    const heard = (type: string, who: Person) => ({
      type: "mutual_users",
      payload: { type, user: user(who) },
    });
    const relate = (device: Device, type: string, { name }: Person) =>
      device.get("ok", "mutual_users", { type, name });

    expect(await relate(mine, "request", b)).toBeNull();
    expect(await theirs.next()).toEqual(heard("request", a));
    expect(await theirs.friends()).toEqual({ type: "friends", friends: [], requests: [user(a)] });
    await relate(theirs, "response", a);
    expect(await mine.next()).toEqual(heard("response", b));
    expect(await mine.friends()).toEqual({ type: "friends", friends: [user(b)], requests: [] });
    expect(await theirs.friends()).toEqual({ type: "friends", friends: [user(a)], requests: [] });
    await relate(theirs, "delete", a);
    expect(await mine.next()).toEqual(heard("delete", b));
    expect(await mine.friends()).toEqual({ type: "friends", friends: [], requests: [] });
    expect(await mine.ask("mutual_users", { type: "delete", name: c.name })).toEqual(
      error(4004, "NOT_FRIENDS"),
    );
    expect(await mine.ask("mutual_users", { type: "request", name: a.name })).toEqual(error(4000, "ONESELF"));
    const nobody = { type: "request", name: "nobody-of-that-name" };
    expect(await mine.ask("mutual_users", nobody)).toEqual(error(4004, "USER_NOT_FOUND"));
    expect(await other.next()).toEqual(heard("response", b));
    expect(await other.next()).toEqual(heard("delete", b));
  });

  test("user is as in v1: by id, by name, one's own profile, which friends and one's other devices hear of", async () => {
    const [mine, other, theirs] = [
      await online(gateA(server), a),
      await online(gateB(server), a),
      await online(gateB(server), b),
    ];
    expect(await mine.get("user", "user", { id: b.id })).toEqual(user(b));
    expect(await mine.get("user", "user", { name: b.name })).toEqual(user(b));
    await mine.ask("mutual_users", { type: "request", name: b.name });
    await theirs.ask("mutual_users", { type: "response", name: a.name });
    for (const device of [mine, other, theirs]) await device.next("mutual_users");
    const profile = "https://example.com/a.png";
    const changed = { ...user(a), profile };
    expect(await mine.get("user", "user", { profile })).toEqual(changed);
    for (const device of [other, theirs])
      expect(await device.next()).toEqual({ type: "user", payload: changed });
    await mine.expectSilence(SILENCE_MS);
  });
});
