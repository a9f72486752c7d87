import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { error } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { connectAs, gateA, gateB, register, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

const KIB = 1024;
let server: Server;
let person: Person;
let client: Client;
beforeAll(async () => {
  server = await startServer();
  person = await register(server);
});
beforeEach(async () => {
  client = await connectAs(gateA(server), person);
});
afterEach(() => client.close());

/** The socket still works, is still signed in, and nothing else came. */
const expectUsable = async (socket: Client = client) => {
  const beat = { still: "here" };
  expect(await socket.ask("heartbeat", beat)).toEqual({ type: "heartbeat", payload: beat });
  expect(await socket.ask("load", { type: "mutual_users" })).toEqual({ type: "mutual_users", payload: [] });
};
/** A heartbeat frame of exactly so many bytes. */
const beatOf = (bytes: number) => {
  const empty = JSON.stringify({ type: "heartbeat", payload: "" });
  return JSON.stringify({ type: "heartbeat", payload: "x".repeat(bytes - empty.length) });
};

describe("1003", () => {
  test("a binary frame gets 'Binary data not supported.' and the socket stays open", async () => {
    const beat = Buffer.from(JSON.stringify({ type: "heartbeat", payload: 1 }));
    expect(await client.askRaw(beat)).toEqual(error(1003, "Binary data not supported."));
    expect(await client.askRaw(Buffer.alloc(0))).toEqual(error(1003, "Binary data not supported."));
    await expectUsable();
  });
});

describe("1007", () => {
  test.each([
    "",
    " ",
    "{",
    "hello",
    '{"type":"heartbeat"',
    "{'type':'heartbeat'}",
    '{"type":"heartbeat",}',
    "NaN",
  ])("not JSON: %j", async (text) => {
    expect(await client.askRaw(text)).toEqual(error(1007));
    await expectUsable();
  });

  test.each(["null", "true", "5", '"heartbeat"', "[]", '[{"type":"heartbeat","payload":1}]'])(
    "JSON, but not an object: %s",
    async (text) => {
      expect(await client.askRaw(text)).toEqual(error(1007));
      await expectUsable();
    },
  );

  test("bytes that are no UTF-8 in a text frame close the socket with 1007", async () => {
    const other = await connectAs(gateB(server), person);
    other.sendAsText(Buffer.from([0x22, 0xc3, 0x28, 0x22]));
    expect((await other.closed).code).toBe(1007);
    await expectUsable();
  });
});

describe("4000", () => {
  test.each([
    "",
    "nope",
    "HEARTBEAT",
    "ok",
    "error",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
  ])("an unknown type: %j", async (type) => {
    expect(await client.ask(type, { count: 1 })).toEqual(error(4000));
    await expectUsable();
  });

  test.each([{}, { payload: 1 }, { type: null }, { type: 5 }, { type: ["heartbeat"] }, { type: { a: 1 } }])(
    "a type that is missing or no string: %j",
    async (frame) => {
      expect(await client.askRaw(JSON.stringify(frame))).toEqual(error(4000));
      await expectUsable();
    },
  );

  test.each(["auth", "chat", "load", "mutual_users", "user"])(
    "a payload that is no object, of %s",
    async (type) => {
      for (const payload of [undefined, null, 5, "text", true, [], [{}], {}]) {
        expect(await client.ask(type, payload)).toEqual(error(4000));
      }
      await expectUsable();
    },
  );

  test.each(["chat", "load", "mutual_users"])("a payload type that is unknown, of %s", async (type) => {
    for (const inner of ["", "nope", "__proto__", "constructor", "toString", null, 5, ["send"]]) {
      const payload = {
        type: inner,
        chat_id: "2",
        load_id: "2",
        content: "x",
        name: "x",
        datetime: "",
        count: 1,
      };
      expect(await client.ask(type, payload)).toEqual(error(4000));
    }
    await expectUsable();
  });

  test("a type unknown to the server before signing in", async () => {
    const stranger = await Client.connect(gateA(server));
    expect(await stranger.ask("constructor", {})).toEqual(error(4000));
    expect(stranger.isOpen).toBe(true);
  });

  test("a payload with a __proto__ of its own makes nobody anything", async () => {
    client.sendRaw(
      '{"type":"user","payload":{"__proto__":{"name":"x"},"constructor":{"prototype":{"id":"2"}}}}',
    );
    expect(await client.next()).toEqual(error(4000));
    client.sendRaw('{"__proto__":{"type":"heartbeat","payload":1}}');
    expect(await client.next()).toEqual(error(4000));
    await expectUsable();
  });
});

describe("the size of a frame", () => {
  test("16 KiB are taken", async () => {
    const frame = beatOf(16 * KIB);
    expect(await client.askRaw(frame)).toEqual(JSON.parse(frame));
  });

  test("over 16 KiB and up to 64 KiB: 4000, and the socket stays open", async () => {
    for (const bytes of [16 * KIB + 1, 40 * KIB, 64 * KIB]) {
      expect(await client.askRaw(beatOf(bytes))).toEqual(error(4000));
    }
    await expectUsable();
  });

  test("it is counted in bytes", async () => {
    expect(await client.ask("heartbeat", "가".repeat(5_000))).toEqual({
      type: "heartbeat",
      payload: "가".repeat(5_000),
    });
    expect(await client.ask("heartbeat", "가".repeat(6_000))).toEqual(error(4000));
    await expectUsable();
  });

  test("over 64 KiB: the socket is closed with 1009", async () => {
    const other = await connectAs(gateB(server), person);
    other.sendRaw(beatOf(64 * KIB + 1));
    expect((await other.closed).code).toBe(1009);
    await expectUsable();
  });
});

describe("4001", () => {
  const wellFormed = () =>
    [
      ["chat", { type: "send", chat_id: "2", content: "x" }],
      ["chat", { type: "edit", chat_id: "2", content: "x", id: "3" }],
      ["load", { type: "mutual_users" }],
      ["load", { type: "chat", load_id: "2", datetime: btoa("2026-1-5 09:03:07.123000"), count: 1 }],
      ["mutual_users", { type: "request", name: person.name }],
      ["mutual_users", { type: "response", name: person.name }],
      ["mutual_users", { type: "remove", name: person.name }],
      ["mutual_users", { type: "delete", name: person.name }],
      ["user", { id: person.id }],
      ["user", { name: person.name }],
      ["user", { profile: "https://example.com/p.png" }],
    ] as const;

  test("authentication required, and the socket stays open", async () => {
    const stranger = await Client.connect(gateA(server));
    for (const [type, payload] of wellFormed())
      expect(await stranger.ask(type, payload)).toEqual(error(4001));
    await stranger.ask("heartbeat", 1);
    for (const [type, payload] of wellFormed())
      expect(await stranger.ask(type, payload)).toEqual(error(4001));
    stranger.send("auth", { auth: person.token });
    await stranger.next("auth");
    await expectUsable(stranger);
  });
});
