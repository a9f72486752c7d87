import { beforeAll, describe, expect, test } from "@jest/globals";
import { error } from "../support/answers.ts";
import type { Client } from "../support/client.ts";
import { loadAll } from "../support/history.ts";
import { connectAs, dm, gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

let server: Server;
let a: Person, b: Person;
beforeAll(async () => {
  server = await startServer();
  const [first, second] = await registerAll(server, "ann", "ben");
  if (!first || !second) throw new Error("two people");
  [a, b] = [first, second];
});

const send = (client: Client, content: string) =>
  client.ask("chat", { type: "send", chat_id: dm(a, b), content });
const renamed = (from: string, to: string) => {
  const sql = `ALTER TABLE ${from} RENAME TO ${to}`;
  return server.alterStore("chat", { sqlite: sql, mysql: sql });
};
const failed = (code: number, reason: RegExp) => ({
  type: "error",
  payload: { code, reason: expect.stringMatching(reason) },
});

describe("5000: the server failed", () => {
  test("the reason says that nothing was changed, and nothing was", async () => {
    await server.alterStore("chat", {
      sqlite: `CREATE TRIGGER fail BEFORE INSERT ON messages WHEN NEW.content = 'fail'
               BEGIN SELECT RAISE(ABORT, 'the disk is on fire'); END`,
      mysql: `CREATE TRIGGER fail BEFORE INSERT ON messages FOR EACH ROW
              IF NEW.content = 'fail' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the disk is on fire'; END IF`,
    });
    const [mine, theirs] = [await connectAs(gateA(server), a), await connectAs(gateB(server), b)];
    expect(await send(mine, "before")).toMatchObject({ type: "chat" });
    expect(await send(mine, "fail")).toEqual(failed(5000, /nothing was changed/));
    expect(await send(mine, "after")).toMatchObject({ type: "chat" });
    expect((await theirs.next("chat")).payload.content).toBe("before");
    expect((await theirs.next("chat")).payload.content).toBe("after");
    expect((await loadAll(theirs, dm(a, b))).map(({ content }) => content)).toEqual(["before", "after"]);
    expect(server.stderr()).toContain("the disk is on fire");
  });

  test("of what failed inside a client hears nothing", async () => {
    await renamed("messages", "elsewhere");
    const mine = await connectAs(gateA(server), a);
    const datetime = Buffer.from("2030-1-1 00:00:00.0").toString("base64");
    const answer = await mine.ask("load", { type: "chat", load_id: dm(a, b), datetime, count: 1 });
    expect(answer).toEqual(failed(5000, /^the server failed; nothing was changed\.$/));
    await renamed("elsewhere", "messages");
  });
});

test("5003: a part of the server is unavailable; nothing was changed, try again", async () => {
  await server.without("chat", async () => {
    const mine = await connectAs(gateA(server), a);
    expect(await send(mine, "lost?")).toEqual(failed(5003, /unavailable; nothing was changed, try again/));
    expect(await mine.ask("user", { id: b.id })).toMatchObject({ type: "user" });
  });

  const again = await connectAs(gateA(server), a);
  expect((await loadAll(again, dm(a, b))).map(({ content }) => content)).not.toContain("lost?");
  expect(await send(again, "not lost")).toMatchObject({ type: "chat" });
  expect(await again.ask("nonsense")).toEqual(error(4000));
});
