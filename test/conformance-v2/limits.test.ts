import { beforeAll, describe, expect, test } from "@jest/globals";
import { gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { Device, history, online, type Frame } from "./device.ts";

const KIB = 1024;
let server: Server;
let a: Person, b: Person;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT: "on" });
  [a, b] = (await registerAll(server, "ann", "ben")) as [Person, Person];
});

/** The JSON that a socket was closed with. */
const farewell = async (device: Device) => {
  const { code, reason } = await device.closed;
  return { code, ...(JSON.parse(reason) as { reconnect: boolean; after_ms?: number; reason: string }) };
};

describe("too many frames", () => {
  test("are TOO_FAST beyond the burst that hello tells of: not done, with their ref, and when to try again", async () => {
    const device = await Device.connect(gateA(server));
    const { burst, rate } = (await device.next("hello")).payload;
    expect([burst, rate]).toEqual([120, 20]);
    await device.get("auth", "auth", { auth: a.token });
    const count = 400;
    const begun = performance.now();
    for (let i = 0; i < count; i++) {
      const payload = { type: "send", user_id: b.id, content: `message ${i}` };
      device.sendRaw(JSON.stringify({ type: "chat", payload, ref: `flood ${i}` }));
    }
    const replies: Frame[] = [];
    while (replies.length < count) replies.push(await device.next());
    const seconds = (performance.now() - begun) / 1000;
    expect(new Set(replies.map(({ ref }) => ref)).size).toBe(count);
    const refused = replies.filter(({ type }) => type === "error");
    expect(refused.length).toBeGreaterThan(0);
    for (const frame of refused)
      expect(frame).toEqual({
        type: "error",
        ref: expect.stringMatching(/^flood \d+$/),
        payload: {
          code: 4008,
          type: "TOO_FAST",
          reason: expect.stringMatching(/\S/),
          outcome: "not_done",
          retry_after_ms: expect.any(Number),
        },
      });
    const done = count - refused.length;
    expect(done).toBeGreaterThanOrEqual(burst - 1);
    expect(done).toBeLessThanOrEqual(burst + Math.ceil(seconds * rate));
    const reader = await online(gateB(server), b);
    const [chat] = (await reader.chats()).chats;
    expect(await history(reader, chat?.chat_id ?? "")).toHaveLength(done);
  });
});

describe("a frame above 64 KiB", () => {
  test("closes that socket alone, with 1009 and no reason", async () => {
    const [device, other] = [await online(gateB(server), a), await online(gateA(server), a)];
    device.sendRaw(JSON.stringify({ type: "heartbeat", payload: "x".repeat(64 * KIB) }));
    expect(await device.closed).toEqual({ code: 1009, reason: "" });
    expect((await other.friends()).type).toBe("friends");
  });
});

describe("a server that stops", () => {
  test("answers what it received, closes with 1001 and tells each when to come back", async () => {
    const devices: Device[] = [];
    for (let i = 0; i < 10; i++)
      devices.push(await online(i % 2 ? gateB(server) : gateA(server), i % 3 ? a : b));
    devices.push(await Device.connect(gateA(server))); // it need not have signed in
    const [speaker] = devices as [Device];
    const asked = Array.from({ length: 20 }, (_, i) => speaker.tell(a.id, `message ${i}`, `last-${i}`));
    await asked[0];
    const stopped = server.stop();
    expect((await Promise.all(asked)).map(({ nonce }) => nonce)).toEqual(asked.map((_, i) => `last-${i}`));
    const ends = await Promise.all(devices.map(farewell));
    for (const end of ends)
      expect(end).toEqual({
        code: 1001,
        reconnect: true,
        after_ms: expect.any(Number),
        reason: expect.stringMatching(/\S/),
      });
    const waits = ends.map(({ after_ms = -1 }) => after_ms);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
    expect(new Set(waits).size).toBeGreaterThan(devices.length / 2); // they do not all come at once
    expect((await stopped).code).toBe(0);

    await server.restart();
    const back = await online(gateA(server), b);
    expect(await back.tell(a.id, "message 0", "last-0")).toEqual(await asked[0]);
  }, 80_000);
});
