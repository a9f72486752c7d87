import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { error } from "../support/answers.ts";
import { Client, type Chat } from "../support/client.ts";
import { CREATED_AT, loadAll } from "../support/history.ts";
import { connectAs, dm, gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

const SILENCE_MS = 150;
const KOREA_MS = 9 * 3_600_000;
let server: Server;
let a: Person;
let b: Person;
let c: Person;
let chatId: string;
/** Two live sockets of a, two of b, one of c, who has no part in it. */
let a1: Client, a2: Client, b1: Client, b2: Client, c1: Client;

beforeAll(async () => {
  server = await startServer();
});
beforeEach(async () => {
  const [first, second, third] = await registerAll(server, "ann", "ben", "cy");
  if (!first || !second || !third) throw new Error("three people");
  [a, b, c] = [first, second, third];
  chatId = dm(a, b);
  const [near, far] = [gateA(server), gateB(server)];
  [a1, a2, b1, b2, c1] = await Promise.all([
    connectAs(near, a),
    connectAs(far, a),
    connectAs(far, b),
    connectAs(near, b),
    connectAs(near, c),
  ]);
});

const send = (content: unknown, chat_id: unknown = chatId) => ({ type: "send", chat_id, content });
const edit = (id: unknown, content: unknown, chat_id: unknown = chatId) => ({
  type: "edit",
  chat_id,
  content,
  id,
});
/** The frame that all four sockets of both get; fails when they differ. */
const seenByAll = async (): Promise<Chat> => {
  const [first, ...others] = await Promise.all([a1, a2, b1, b2].map((client) => client.next("chat")));
  for (const other of others) expect(other).toEqual(first);
  if (!first) throw new Error("four sockets");
  return first.payload;
};
const sent = (content: string): Promise<Chat> => {
  a1.send("chat", send(content));
  return seenByAll();
};
const silence = () => Promise.all([a1, a2, b1, b2, c1].map((client) => client.expectSilence(SILENCE_MS)));

describe("chat send", () => {
  test("is answered with {type, id, user_id, chat_id, content, created_at}, all of it text", async () => {
    const answer = await a1.ask("chat", send("hello"));
    expect(answer).toEqual({
      type: "chat",
      payload: {
        type: "send",
        id: expect.stringMatching(/^[1-9]\d*$/),
        user_id: a.id,
        chat_id: chatId,
        content: "hello",
        created_at: expect.stringMatching(CREATED_AT),
      },
    });
  });

  test("reaches every other live socket of both users, and nobody else", async () => {
    expect(await sent("from a")).toMatchObject({ user_id: a.id, content: "from a" });
    b2.send("chat", send("from b"));
    expect(await seenByAll()).toMatchObject({
      type: "send",
      user_id: b.id,
      chat_id: chatId,
      content: "from b",
    });
    await silence();
  });

  test("chat_id of a DM is the XOR of both users' ids, as a decimal string, for both of them", async () => {
    expect((await sent("x")).chat_id).toBe(String(BigInt(a.id) ^ BigInt(b.id)));
    expect(await loadAll(b1, chatId)).toEqual(await loadAll(a1, chatId));
  });

  test("created_at is Korean wall-clock time without a zone suffix", async () => {
    const before = Date.now();
    const { created_at } = await sent("now");
    const at = Date.parse(`${created_at.replace(" ", "T").slice(0, 23)}Z`) - KOREA_MS;
    expect(at).toBeGreaterThanOrEqual(before - 50);
    expect(at).toBeLessThanOrEqual(Date.now() + 50);
  });

  test("with empty content is ignored", async () => {
    a1.send("chat", send(""));
    await silence();
    expect(await loadAll(a1, chatId)).toEqual([]);
  });

  test("needs no id, and more fields than it knows do no harm", async () => {
    expect(await a1.ask("chat", { ...send("more"), extra: { a: 1 }, id: "3" })).toMatchObject({
      payload: { content: "more" },
    });
  });

  test("takes content of 2000 UTF-16 units, one more is 4000 and changes nothing", async () => {
    for (const content of ["x".repeat(2000), "가".repeat(2000), "🙂".repeat(1000)]) {
      expect((await sent(content)).content).toBe(content);
    }
    for (const content of ["x".repeat(2001), "🙂".repeat(1000) + "x"]) {
      expect(await a1.ask("chat", send(content))).toEqual(error(4000));
    }
    await silence();
    expect(await loadAll(b1, chatId)).toHaveLength(3);
  });

  test.each([undefined, null, 5, true, ["x"], { a: "x" }, "a\0b", "half a \ud83d", "\udc00 half"])(
    "content that is no well-formed text is 4000 and changes nothing: %j",
    async (content) => {
      expect(await a1.ask("chat", send(content))).toEqual(error(4000));
      await silence();
      expect(await loadAll(a1, chatId)).toEqual([]);
    },
  );

  test("to oneself, to a user who does not exist, to an odd chat_id: 4004", async () => {
    const nobody = { id: String(BigInt(a.id) + 2n ** 40n) };
    const odd = String(BigInt(chatId) + 1n);
    for (const chat_id of ["0", dm(a, nobody), odd]) {
      expect(await a1.ask("chat", send("x", chat_id))).toEqual(error(4004));
      expect(await a1.ask("chat", edit("3", "x", chat_id))).toEqual(error(4004));
    }
    await silence();
  });

  test("to others' chat_id: 4004, since it is resolved against the sender", async () => {
    await sent("between a and b");
    expect(await c1.ask("chat", send("from c"))).toEqual(error(4004));
    await silence();
    expect(await loadAll(a1, chatId)).toHaveLength(1);
  });

  test("sends of one socket keep their order", async () => {
    const contents = Array.from({ length: 60 }, (_, i) => `message ${i}`);
    for (const content of contents) a1.send("chat", send(content));
    const received: string[] = [];
    while (received.length < contents.length) received.push((await b1.next("chat")).payload.content);
    expect(received).toEqual(contents);
    expect((await loadAll(b2.drain().length ? b1 : b2, chatId)).map(({ content }) => content)).toEqual(
      contents,
    );
  });

  test("created_at and id are strictly increasing within a conversation, whoever sends at the same time", async () => {
    const each = 40;
    for (let i = 0; i < each; i++) {
      for (const [client, who] of [
        [a1, "a1"],
        [a2, "a2"],
        [b1, "b1"],
        [b2, "b2"],
      ] as const) {
        client.send("chat", send(`${who} ${i}`));
      }
    }
    const observe = async (client: Client) => {
      const seen: Chat[] = [];
      while (seen.length < 4 * each) seen.push((await client.next("chat")).payload);
      return seen;
    };
    const [seenA, seenB] = await Promise.all([a1, b1, a2, b2].map(observe));
    const stored = await loadAll(a1, chatId);
    expect(new Set(stored.map(({ content }) => content)).size).toBe(4 * each);
    for (const [i, message] of stored.entries()) {
      const previous = stored[i - 1];
      if (!previous) continue;
      expect(message.created_at > previous.created_at).toBe(true);
      expect(BigInt(message.id) > BigInt(previous.id)).toBe(true);
    }
    // every observer sees that one order
    expect(seenA).toEqual(stored);
    expect(seenB).toEqual(stored);
  });
});

describe("chat edit", () => {
  test("replaces the content for everyone, and keeps id and created_at", async () => {
    const message = await sent("first");
    a2.send("chat", edit(message.id, "second"));
    expect(await seenByAll()).toEqual({ ...message, type: "edit", content: "second" });
    await silence();
    expect(await loadAll(b1, chatId)).toEqual([{ ...message, content: "second" }]);
  });

  test("with empty content deletes: pushed as an edit with content ''", async () => {
    const [kept, message] = [await sent("kept"), await sent("deleted")];
    a1.send("chat", edit(message.id, ""));
    expect(await seenByAll()).toEqual({ ...message, type: "edit", content: "" });
    await silence();
    expect(await loadAll(a1, chatId)).toEqual([kept]);
    expect(await loadAll(b1, chatId)).toEqual([kept]);
  });

  test("of a deleted message: 4004, to its text or to nothing", async () => {
    const message = await sent("short-lived");
    a1.send("chat", edit(message.id, ""));
    await seenByAll();
    expect(await a1.ask("chat", edit(message.id, "back again"))).toEqual(error(4004));
    expect(await a1.ask("chat", edit(message.id, ""))).toEqual(error(4004));
    await silence();
    expect(await loadAll(a1, chatId)).toEqual([]);
  });

  test("of a message that never was: 4004", async () => {
    const message = await sent("x");
    for (const content of ["y", ""]) {
      expect(await a1.ask("chat", edit(String(BigInt(message.id) + 2n), content))).toEqual(error(4004));
    }
    await silence();
  });

  test("only its author may: 4000 for the other one, and nothing changes", async () => {
    const message = await sent("mine");
    for (const content of ["yours", ""]) {
      expect(await b1.ask("chat", edit(message.id, content))).toEqual(error(4000));
    }
    await silence();
    expect(await loadAll(b1, chatId)).toEqual([message]);
  });

  test("of a message of another conversation: 4004, and nothing changes", async () => {
    const message = await sent("here");
    expect(await a1.ask("chat", edit(message.id, "there", dm(a, c)))).toEqual(error(4004));
    expect(await c1.ask("chat", edit(message.id, "there", dm(a, c)))).toEqual(error(4004));
    await silence();
    expect(await loadAll(a1, chatId)).toEqual([message]);
  });

  test("needs an id and sound content: 4000, and nothing changes", async () => {
    const message = await sent("x");
    const bad = [undefined, null, 5, "x".repeat(2001), "a\0b", "\ud83d"];
    for (const content of bad) expect(await a1.ask("chat", edit(message.id, content))).toEqual(error(4000));
    for (const id of [undefined, null, 5]) expect(await a1.ask("chat", edit(id, "y"))).toEqual(error(4000));
    await silence();
    expect(await loadAll(a1, chatId)).toEqual([message]);
  });

  test("takes effect in the order sent", async () => {
    const message = await sent("0");
    for (let i = 1; i <= 20; i++) a1.send("chat", edit(message.id, String(i)));
    const seen: string[] = [];
    while (seen.length < 20) seen.push((await b1.next("chat")).payload.content);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => String(i + 1)));
  });
});
