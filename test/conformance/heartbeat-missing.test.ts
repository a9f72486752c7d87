import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, expect, test } from "@jest/globals";
import { Client } from "../support/client.ts";
import { connectAs, gateA, gateB, register, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

const MISSING = { code: 4003, reason: "Heartbeat missing. Websocket session closed." };
let server: Server;
let person: Person;
beforeAll(async () => {
  server = await startServer();
  person = await register(server);
});

/** How a socket was closed and how many seconds after now; of now if it is still open after `limit` seconds. */
const fate = async (client: Client, limit: number) => {
  const begun = performance.now();
  const stop = new AbortController();
  const stillOpen = pause(limit * 1000, null, { signal: stop.signal }).catch(() => null);
  const close = await Promise.race([client.closed, stillOpen]);
  stop.abort();
  return { close, seconds: (performance.now() - begun) / 1000 };
};

test("a socket silent for 40 + 5 s is closed with 4003 'Heartbeat missing. Websocket session closed.'", async () => {
  const never = await Client.connect(gateA(server));
  const once = await connectAs(gateB(server), person);
  const talking = await connectAs(gateA(server), person);
  const beating = await connectAs(gateB(server), person);
  const talk = setInterval(() => talking.send("load", { type: "mutual_users" }), 5_000);
  const beats = setInterval(() => beating.send("heartbeat", { count: 1 }), 20_000);
  try {
    const fates = await Promise.all([fate(never, 52), fate(once, 52), fate(talking, 52)]);
    for (const { close, seconds } of fates) {
      expect(close).toEqual(MISSING);
      expect(seconds).toBeGreaterThan(43);
      expect(seconds).toBeLessThan(50);
    }
    expect(beating.isOpen).toBe(true);
    expect((await beating.next("heartbeat")).type).toBe("heartbeat");
  } finally {
    clearInterval(talk);
    clearInterval(beats);
  }
}, 60_000);
