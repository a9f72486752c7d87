import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, expect, test } from "@jest/globals";
import { gateA, gateB, register, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { Device, online } from "./device.ts";

let server: Server;
let person: Person;
beforeAll(async () => {
  server = await startServer();
  person = await register(server);
});

/** How a socket was closed and how many seconds after now; of now if it is still open after `limit` seconds. */
const fate = async (device: Device, limit: number) => {
  const begun = performance.now();
  const stop = new AbortController();
  const stillOpen = pause(limit * 1000, null, { signal: stop.signal }).catch(() => null);
  const close = await Promise.race([device.closed, stillOpen]);
  stop.abort();
  return { close, seconds: (performance.now() - begun) / 1000 };
};

test("a socket without a heartbeat for 90 s is closed with 4003, and told to come back", async () => {
  const never = await Device.connect(gateA(server));
  const talking = await online(gateA(server), person);
  const beating = await online(gateB(server), person);
  const talk = setInterval(() => talking.send("load", { type: "friends" }), 5_000);
  const beats = setInterval(() => beating.send("heartbeat", { count: 1 }), 60_000);
  try {
    const fates = await Promise.all([fate(never, 97), fate(talking, 97)]);
    for (const { close, seconds } of fates) {
      expect(close?.code).toBe(4003);
      expect(JSON.parse(close?.reason ?? "")).toEqual({
        reconnect: true,
        after_ms: expect.any(Number),
        reason: expect.stringMatching(/\S/),
      });
      expect(seconds).toBeGreaterThan(88);
      expect(seconds).toBeLessThan(95);
    }
    expect(beating.isOpen).toBe(true);
    expect((await beating.next("heartbeat")).payload).toEqual({ count: 1 });
  } finally {
    clearInterval(talk);
    clearInterval(beats);
  }
}, 110_000);
