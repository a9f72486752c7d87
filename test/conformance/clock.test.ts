import { beforeAll, expect, test } from "@jest/globals";
import { failure } from "../support/answers.ts";
import type { Chat } from "../support/client.ts";
import { get, postForm } from "../support/form.ts";
import {
  connectAs,
  dm,
  gateA,
  gateB,
  PASSWORD,
  registerAll,
  uniqueName,
  verificationLink,
} from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});

/** The setting that makes a server see a clock that many milliseconds ahead of ours. */
const clockAheadBy = (ms: number) => {
  const shifted = `
    const Real = Date;
    globalThis.Date = class Date extends Real {
      constructor(...given) { if (given.length) super(...given); else super(Real.now() + ${ms}); }
      static now() { return Real.now() + ${ms}; }
    };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shifted)}` };
};

test("created_at and id are strictly increasing within a conversation though the clock steps back", async () => {
  const [a, b] = await registerAll(server, "ann", "ben");
  if (!a || !b) throw new Error("two people");
  const chat_id = dm(a, b);
  const messages: Chat[] = [];
  const sendSome = async (from: { token: string }) => {
    const client = await connectAs(gateB(server), from);
    for (let i = 0; i < 5; i++) client.send("chat", { type: "send", chat_id, content: String(i) });
    for (let i = 0; i < 5; i++) messages.push((await client.next("chat", 15_000)).payload);
  };
  await sendSome(a);
  await server.kill();
  await server.restart(clockAheadBy(-5_000));
  await sendSome(b);
  for (const [i, message] of messages.entries()) {
    const previous = messages[i - 1];
    if (!previous) continue;
    expect(message.created_at > previous.created_at).toBe(true);
    expect(BigInt(message.id) > BigInt(previous.id)).toBe(true);
  }
});

test("a key expires: within a day it works, after a week it answers 404", async () => {
  const apply = async () => {
    const name = uniqueName();
    const email = `${name}@example.com`;
    await postForm(`${gateA(server)}/api/v1/auth/register`, { name, email, password: PASSWORD });
    return verificationLink(server, email);
  };
  const [first, second] = [await apply(), await apply()];
  await server.kill();
  await server.restart(clockAheadBy(10 * 60_000));
  expect((await get(first)).status).toBe(201);
  await server.kill();
  await server.restart(clockAheadBy(7 * 24 * 3_600_000));
  const answer = await get(second);
  expect([answer.status, answer.body]).toEqual([404, failure("The session has expired or does not exist.")]);
});
