import { beforeAll, beforeEach, expect, test } from "@jest/globals";
import { until } from "../support/cluster.ts";
import { gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { changesOf, historyOf, onlineAs } from "./clients.ts";

const BURST = 120;
let server: Server;
let a: Person, b: Person;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT: "on" });
});
beforeEach(async () => {
  [a, b] = (await registerAll(server, "ann", "ben")) as [Person, Person];
});

type Frame = { type: string; payload: { type?: string; burst?: number; rate?: number } };
/** A socket that notes what the server says, and may put it otherwise. */
const watched = (says: (frame: Frame) => Frame) =>
  class extends globalThis.WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      super.addEventListener("message", (event) => {
        const frame = says(JSON.parse(String(event.data)) as Frame);
        Object.defineProperty(event, "data", { value: JSON.stringify(frame) });
      });
    }
  };

test("a client that has much to say paces itself: the server never says that it is too fast", async () => {
  const errors: unknown[] = [];
  const WebSocket = watched((frame) => {
    if (frame.type === "error") errors.push(frame);
    return frame;
  });
  const mine = await onlineAs(gateA(server), a, { WebSocket });
  const count = BURST + 20;
  const begun = performance.now();
  await Promise.all(Array.from({ length: count }, (_, i) => mine.send({ user_id: b.id }, String(i))));
  expect(performance.now() - begun).toBeGreaterThan(1_500);
  expect(errors).toEqual([]);
}, 20_000);

test("one that was too fast waits and says it again, where the error does not name the frame, too", async () => {
  const errors: Frame[] = [];
  const WebSocket = watched((frame) => {
    if (frame.type === "hello") return { ...frame, payload: { ...frame.payload, burst: 1e6, rate: 1e6 } };
    if (frame.type === "error") errors.push(frame);
    return frame;
  });
  const mine = await onlineAs(gateA(server), a, { WebSocket });
  const theirs = await onlineAs(gateB(server), b);
  const heard = changesOf(theirs);
  const wanted = Array.from({ length: BURST + 20 }, (_, i) => `${i} ${"x".repeat(1_500)}`);
  const sent = await Promise.all(wanted.map((content) => mine.send({ user_id: b.id }, content)));
  expect(errors.map(({ payload }) => payload.type)).toContain("TOO_FAST");
  expect(errors.some((error) => !("ref" in error))).toBe(true);
  expect(mine.state).toBe("online");
  await until("told", () => heard.length === wanted.length);
  expect(heard.map(({ message }) => message.content)).toEqual(wanted);
  const stored = await historyOf(mine, sent[0]?.chat_id ?? "");
  expect(stored.map(({ content }) => content)).toEqual(wanted);
}, 30_000);
