import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Chat, Client } from "../support/client.ts";
import { loadAll } from "../support/history.ts";
import { connectAs, dm, gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { history, online, SILENCE_MS, type Change, type Device, type Message } from "./device.ts";

const KOREA_MS = 9 * 3_600_000;
let server: Server;
let a: Person, b: Person;
/** Of each user a socket of the first protocol and one of the second. */
let a1: Client, b1: Client, a2: Device, b2: Device;

beforeAll(async () => {
  server = await startServer();
});
beforeEach(async () => {
  [a, b] = (await registerAll(server, "ann", "ben")) as [Person, Person];
  [a1, b1] = [await connectAs(gateA(server), a), await connectAs(gateB(server), b)];
  [a2, b2] = [await online(gateB(server), a), await online(gateA(server), b)];
});

/** How v1 shows a change that v2 shows so. */
const inV1 = ({ type, message }: Change): Chat => ({
  type: type === "send" ? "send" : "edit",
  id: message.id,
  user_id: message.user_id,
  chat_id: dm(a, b),
  content: message.content,
  created_at: inKorea(message.created_at),
});
const inKorea = (time: string) => {
  const wall = new Date(Date.parse(`${time.slice(0, 23)}Z`) + KOREA_MS).toISOString();
  return `${wall.slice(0, 10)} ${wall.slice(11, 23)}${time.slice(23, 26)}`;
};
const v1 = (type: "send" | "edit", more: object) => ({ type, chat_id: dm(a, b), ...more });

describe("v1 and v2 side by side", () => {
  test("what is done in v1 is seen in v2, and what is done in v2 is seen in v1", async () => {
    const said = (await a1.ask("chat", v1("send", { content: "from v1" }))).payload as Chat;
    const [mine, theirs] = [(await a2.next("chat")).payload, (await b2.next("chat")).payload];
    expect(theirs).toMatchObject({ type: "send", message: { content: "from v1", seq: 1, nonce: null } });
    expect(inV1(theirs)).toEqual(said);
    expect(inV1(mine)).toEqual(said);
    expect(mine.message.nonce).toBeNull(); // v1 gives none
    expect((await b1.next("chat")).payload).toEqual(said);

    const answer = await b2.tell(a.id, "from v2", "n");
    const seen = inV1({ type: "send", message: answer });
    for (const client of [a1, b1]) expect((await client.next("chat")).payload).toEqual(seen);
    expect((await a2.next("chat")).payload.message).toEqual({ ...answer, nonce: null });
    expect(answer.chat_id).toBe(theirs.message.chat_id);

    const edited = await b2.edit(answer, "edited in v2");
    for (const client of [a1, b1])
      expect((await client.next("chat")).payload).toEqual({ ...seen, type: "edit", content: "edited in v2" });
    await a2.next("chat");
    b1.send("chat", v1("edit", { id: answer.id, content: "edited in v1" }));
    for (const device of [a2, b2])
      expect((await device.next("chat")).payload).toMatchObject({
        type: "edit",
        message: { id: answer.id, content: "edited in v1", seq: edited.seq + 1, sent_seq: 2 },
      });
    for (const client of [a1, b1]) await client.next("chat");
    a1.send("chat", v1("edit", { id: said.id, content: "" }));
    for (const device of [a2, b2])
      expect((await device.next("chat")).payload).toMatchObject({
        type: "delete",
        message: { id: said.id, content: "", deleted: true, seq: 5, sent_seq: 1 },
      });
    for (const client of [a1, b1]) await client.next("chat");
    await b2.remove(answer);
    for (const client of [a1, b1])
      expect((await client.next("chat")).payload).toEqual({ ...seen, type: "edit", content: "" });
    await a2.next("chat");
    for (const socket of [a1, b1, a2, b2]) await socket.expectSilence(SILENCE_MS);
  });

  test("all four sockets see one order, whoever does what at the same time", async () => {
    const each = 30;
    const first = await b2.tell(a.id, "first");
    await Promise.all([a1.next("chat"), b1.next("chat"), a2.next("chat")]);
    for (let i = 0; i < each; i++) {
      for (const client of [a1, b1]) client.send("chat", v1("send", { content: `v1 ${i}` }));
      a2.send("chat", { type: "send", chat_id: first.chat_id, content: `v2 ${i}` });
      b2.send("chat", { type: "edit", chat_id: first.chat_id, id: first.id, content: `edit ${i}` });
    }
    const old = async (client: Client) => {
      const chats: Chat[] = [];
      while (chats.length < 4 * each) chats.push((await client.next("chat")).payload);
      return chats;
    };
    const [mine, theirs] = [await a2.changes(4 * each), await b2.changes(4 * each)];
    expect(mine.map(({ message }) => message.seq)).toEqual(mine.map((_, i) => i + 2));
    expect(theirs.map(inV1)).toEqual(mine.map(inV1));
    expect(await old(a1)).toEqual(mine.map(inV1));
    expect(await old(b1)).toEqual(mine.map(inV1));
    const stored = await history(a2, first.chat_id);
    expect(stored).toHaveLength(3 * each + 1);
    expect(await loadAll(a1, dm(a, b))).toEqual(stored.map((message) => inV1({ type: "send", message })));
  });

  test("a client of v2 catches up on what was done in v1 meanwhile", async () => {
    const first = await a2.tell(b.id, "first");
    await b2.close();
    for (const content of ["1", "2"]) a1.send("chat", v1("send", { content }));
    await a2.changes(2);
    a1.send("chat", v1("edit", { id: first.id, content: "edited" }));
    await a2.changes(1);
    const back = await online(gateA(server), b, { [first.chat_id]: 1 });
    const missed: [string, Partial<Message>][] = (await back.changes(3)).map(({ type, message }) => [
      type,
      message,
    ]);
    expect(missed).toEqual([
      ["send", expect.objectContaining({ content: "1", seq: 2, nonce: null })],
      ["send", expect.objectContaining({ content: "2", seq: 3, nonce: null })],
      ["edit", expect.objectContaining({ content: "edited", seq: 4, sent_seq: 1 })],
    ]);
  });

  test("typing, reading and errors of one protocol are not seen in the other", async () => {
    const { chat_id } = await a2.tell(b.id, "x");
    await Promise.all([a1.next("chat"), b1.next("chat"), b2.next("chat")]);
    await b2.get("ok", "typing", { chat_id });
    await b2.read(chat_id, 1);
    expect(await b1.ask("read", { chat_id, seq: 1 })).toEqual({
      type: "error",
      payload: { code: 4000, reason: expect.any(String) },
    });
    await a2.next("typing");
    for (const socket of [a1, b1, a2, b2]) await socket.expectSilence(SILENCE_MS);
  });
});
