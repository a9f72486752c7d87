import { beforeAll, describe, expect, test } from "@jest/globals";
import { error } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { gateA, register, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

let server: Server;
let person: Person;
beforeAll(async () => {
  server = await startServer();
  person = await register(server);
});

test("no subprotocol offered = v1", async () => {
  const client = await Client.connect(gateA(server));
  expect(client.subprotocol).toBe("");
  expect(await client.ask("heartbeat", { count: 0 })).toEqual({ type: "heartbeat", payload: { count: 0 } });
  await client.expectSilence(100); // and nothing is said unasked
});

describe("heartbeat", () => {
  test.each([
    { count: 0 },
    { count: 1, nested: { list: [1, "two", null, [true]] } },
    null,
    true,
    0,
    -1.5,
    "",
    "text",
    '가나다 👩‍👩‍👧 \u0000 \ud83d " \\ \n',
    [],
    [1, [2, [3]]],
    {},
  ])("any payload is echoed back as it came: %j", async (payload) => {
    const client = await Client.connect(gateA(server));
    expect(await client.ask("heartbeat", payload)).toEqual({ type: "heartbeat", payload });
    await client.close();
  });

  test("names that mean something to JavaScript are echoed too", async () => {
    const client = await Client.connect(gateA(server));
    const payload = '{"__proto__":{"a":1},"constructor":2,"toString":3,"b":4}';
    client.sendRaw(`{"type":"heartbeat","payload":${payload}}`);
    expect(JSON.stringify((await client.next("heartbeat")).payload)).toBe(payload);
  });

  test("may be sent any number of times, before and after auth", async () => {
    const client = await Client.connect(gateA(server));
    for (let count = 0; count < 3; count++)
      expect((await client.ask("heartbeat", { count })).type).toBe("heartbeat");
    client.send("auth", { auth: person.token });
    await client.next("auth");
    for (let count = 3; count < 6; count++) {
      expect(await client.ask("heartbeat", { count })).toEqual({ type: "heartbeat", payload: { count } });
    }
  });

  test("auth before the first heartbeat: error 4003, then close 4003", async () => {
    const client = await Client.connect(gateA(server));
    client.send("auth", { auth: person.token });
    expect(await client.next()).toEqual(error(4003));
    expect((await client.closed).code).toBe(4003);
    expect(client.frames).toHaveLength(1);
  });

  test("auth with a bad token before the first heartbeat: the same", async () => {
    const client = await Client.connect(gateA(server));
    client.send("auth", { auth: "nonsense" });
    expect(await client.next()).toEqual(error(4003));
    expect((await client.closed).code).toBe(4003);
  });
});
