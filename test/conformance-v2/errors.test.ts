import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { Device, error, history, online, unnamedError, type Message } from "./device.ts";

const KIB = 1024;
let server: Server;
let a: Person, b: Person;
let device: Device;
let peer: Device;
let first: Message;
/** What is in their chat before a test. */
let stored: Message[];

beforeAll(async () => {
  server = await startServer();
  [a, b] = (await registerAll(server, "ann", "ben")) as [Person, Person];
  const speaker = await online(gateA(server), a);
  first = await speaker.tell(b.id, "first");
  await speaker.close();
  peer = await online(gateB(server), b);
});
beforeEach(async () => {
  device = await online(gateA(server), a);
  stored = await history(device, first.chat_id);
  peer.drain();
});
/** Whatever a test did: the socket works, nothing was said to anybody, nothing changed. */
afterEach(async () => {
  expect(await device.askRaw('{"type":"heartbeat","payload":"still here"}')).toEqual({
    type: "heartbeat",
    payload: "still here",
  });
  expect(await history(device, first.chat_id)).toEqual(stored);
  expect((await device.friends()).friends).toEqual([]);
  await device.close();
  expect(peer.drain()).toEqual([]);
});

const beatOf = (bytes: number) => {
  const empty = JSON.stringify({ type: "heartbeat", payload: "" });
  return JSON.stringify({ type: "heartbeat", payload: "x".repeat(bytes - empty.length) });
};

describe("a frame", () => {
  test("that is binary is BINARY", async () => {
    const beat = Buffer.from('{"type":"heartbeat","payload":1,"ref":"r"}');
    for (const data of [beat, Buffer.alloc(0), Buffer.alloc(17 * KIB)])
      expect(await device.askRaw(data)).toEqual(unnamedError(1003, "BINARY"));
  });

  test.each(["", " ", "{", "hello", "{'type':1}", "NaN", "null", "true", "5", '"heartbeat"', "[]", "[{}]"])(
    "that is no JSON object is NOT_JSON: %j",
    async (text) => {
      expect(await device.askRaw(text)).toEqual(unnamedError(1007, "NOT_JSON"));
    },
  );

  test("of 64 KiB is taken", async () => {
    const frame = beatOf(64 * KIB);
    expect(await device.askRaw(frame)).toEqual(JSON.parse(frame));
  });

  test.each(["", "nope", "HEARTBEAT", "hello", "ok", "error", "__proto__", "constructor", "toString"])(
    "of a type that there is not is UNKNOWN_TYPE: %j",
    async (type) => {
      expect(await device.ask(type, {})).toEqual(error(4000, "UNKNOWN_TYPE"));
    },
  );

  test.each<unknown>([undefined, null, 5, ["heartbeat"], { a: 1 }])(
    "of a type that is no text is an error: %j",
    async (type) => {
      const frame = { type, payload: {}, ref: "r" };
      expect(await device.askRaw(JSON.stringify(frame))).toEqual({ ...error(4000), ref: "r" });
    },
  );

  test.each(["auth", "sync", "chat", "load", "read", "typing", "user", "mutual_users"])(
    "of type %s needs a payload that is an object",
    async (type) => {
      for (const payload of [null, 5, "text", true, [], [{}]])
        expect(await device.ask(type, payload)).toEqual(error(4000, "INVALID"));
      if (type !== "sync") expect(await device.ask(type, {})).toEqual(error(4000));
    },
  );

  test.each(["chat", "load", "mutual_users"])("of type %s needs a type in its payload", async (type) => {
    for (const inner of ["", "nope", "SEND", "__proto__", "constructor", "toString", null, 5, ["send"]]) {
      const payload = { type: inner, chat_id: first.chat_id, content: "x", id: first.id, name: b.name };
      expect(await device.ask(type, payload)).toEqual(error(4000));
    }
  });

  test("with a __proto__ of its own makes nobody anything", async () => {
    const texts = [
      `{"type":"chat","ref":"r","payload":{"__proto__":{"type":"send","user_id":"${b.id}","content":"x"}}}`,
      '{"__proto__":{"type":"load","payload":{"type":"friends"},"ref":"r"}}',
      '{"type":"load","payload":{"type":"chat","__proto__":{"chat_id":"3"}},"ref":"r"}',
    ];
    for (const text of texts)
      expect(await device.askRaw(text)).toMatchObject({ type: "error", payload: { code: 4000 } });
  });
});

describe("a payload", () => {
  const send = () => ({ type: "send", chat_id: first.chat_id, content: "x" });
  const edit = () => ({ type: "edit", chat_id: first.chat_id, id: first.id, content: "x" });
  const remove = () => ({ type: "delete", chat_id: first.chat_id, id: first.id });
  const notIds: unknown[] = [
    null,
    5,
    true,
    "",
    "abc",
    "-3",
    "3.5",
    "03",
    " 3",
    ["3"],
    {},
    "9".repeat(20),
    "0x3",
  ];
  const notTexts: unknown[] = [null, 5, true, ["x"], { a: "x" }, "a\0b", "half \ud83d", "\udc00 half"];

  test("with an id that is none is INVALID", async () => {
    for (const id of notIds) {
      expect(await device.ask("chat", { ...send(), chat_id: id })).toEqual(error(4000, "INVALID"));
      expect(await device.ask("chat", { ...edit(), chat_id: id })).toEqual(error(4000, "INVALID"));
      expect(await device.ask("chat", { ...edit(), id })).toEqual(error(4000, "INVALID"));
      expect(await device.ask("chat", { ...remove(), id })).toEqual(error(4000, "INVALID"));
      expect(await device.ask("chat", { type: "send", user_id: id, content: "x" })).toEqual(
        error(4000, "INVALID"),
      );
      expect(await device.ask("user", { id })).toEqual(error(4000, "INVALID"));
    }
  });

  test("with a content that is no well-formed text is INVALID", async () => {
    for (const content of notTexts) {
      expect(await device.ask("chat", { ...send(), content })).toEqual(error(4000, "INVALID"));
      expect(await device.ask("chat", { ...edit(), content })).toEqual(error(4000, "INVALID"));
    }
  });

  test("that lacks a field is INVALID", async () => {
    const whole: [string, Record<string, unknown>][] = [
      ["auth", { auth: a.token }],
      ["chat", send()],
      ["chat", edit()],
      ["chat", remove()],
      ["load", { type: "chat", chat_id: first.chat_id }],
      ["read", { chat_id: first.chat_id, seq: 1 }],
      ["typing", { chat_id: first.chat_id }],
      ["mutual_users", { type: "request", name: b.name }],
    ];
    for (const [type, payload] of whole)
      for (const field of Object.keys(payload).filter((key) => key !== "type"))
        expect(await device.ask(type, { ...payload, [field]: undefined })).toEqual(error(4000, "INVALID"));
  });

  test("of a send names a chat or a user, and not both", async () => {
    const both = { ...send(), user_id: b.id };
    expect(await device.ask("chat", both)).toEqual(error(4000, "INVALID"));
    expect(await device.ask("chat", { type: "send", content: "x" })).toEqual(error(4000, "INVALID"));
    expect(await device.ask("chat", { ...edit(), chat_id: undefined, user_id: b.id })).toEqual(
      error(4000, "INVALID"),
    );
  });

  test("with more fields than are known does no harm", async () => {
    const more = {
      extra: { a: [1] },
      userId: b.id,
      peerId: b.id,
      origin: "x",
      limit: 1,
      conversationId: "3",
    };
    const frame = (type: string, payload: object) =>
      JSON.stringify({ type, payload: { ...payload, ...more }, ref: "r", extra: 1, origin: "x" });
    const loads = frame("load", { type: "chat", chat_id: first.chat_id });
    expect(await device.askRaw(loads)).toMatchObject({ ref: "r", payload: { messages: stored } });
    expect(await device.askRaw(frame("load", { type: "friends" }))).toMatchObject({
      payload: { friends: [] },
    });
    expect(await device.askRaw(frame("load", { type: "chats" }))).toMatchObject({ type: "load" });
    expect(await device.askRaw(frame("sync", {}))).toEqual({
      type: "sync",
      payload: { reload: [] },
      ref: "r",
    });
    expect(await device.askRaw(frame("auth", { auth: a.token }))).toMatchObject({ type: "auth" });
    expect(await device.askRaw(frame("read", { chat_id: first.chat_id, seq: 0 }))).toMatchObject({
      type: "read",
    });
  });
});

describe("an error", () => {
  test("has code, type, reason and outcome, and no more", async () => {
    const { payload } = await device.ask("nope", {});
    expect(payload).toEqual({
      code: 4000,
      type: "UNKNOWN_TYPE",
      reason: expect.stringMatching(/\S/),
      outcome: "not_done",
    });
  });
});
