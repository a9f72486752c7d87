import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { dm, gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import {
  error,
  history,
  notFound,
  online,
  push,
  SILENCE_MS,
  TIME,
  toOthers,
  type Change,
  type Device,
  type Message,
} from "./device.ts";

let server: Server;
let a: Person, b: Person, c: Person;
/** Two devices of a, two of b, one of c, who has no part in it. */
let a1: Device, a2: Device, b1: Device, b2: Device, c1: Device;
/** The first message of both, and where it is. */
let first: Message;
let chatId: string;

beforeAll(async () => {
  server = await startServer();
});
beforeEach(async () => {
  [a, b, c] = (await registerAll(server, "ann", "ben", "cy")) as [Person, Person, Person];
  const [near, far] = [gateA(server), gateB(server)];
  [a1, a2, b1, b2, c1] = await Promise.all([
    online(near, a),
    online(far, a),
    online(far, b),
    online(near, b),
    online(near, c),
  ]);
  first = await a1.tell(b.id, "first");
  chatId = first.chat_id;
  await heardOf("send", first);
});

const silence = () => Promise.all([a1, a2, b1, b2, c1].map((device) => device.expectSilence(SILENCE_MS)));
/** The author's other device and both of the other user hear of a change, each as it is to see it. */
const heardOf = async (type: Change["type"], message: Message, [other, ...theirs] = [a2, b1, b2]) => {
  expect(await other?.next()).toEqual(push(type, message));
  for (const device of theirs) expect(await device.next()).toEqual(push(type, toOthers(message)));
};
/** An id of nothing. */
const unknownId = () => String(BigInt(chatId) + 2n ** 40n);

describe("chat send", () => {
  test("is answered with the message, all of it", async () => {
    const before = Date.now();
    expect(await a1.ask("chat", { type: "send", chat_id: chatId, content: "hello", nonce: "n" })).toEqual({
      type: "chat",
      ref: expect.any(String),
      payload: {
        type: "send",
        message: {
          id: expect.stringMatching(/^[1-9]\d*$/),
          chat_id: chatId,
          user_id: a.id,
          content: "hello",
          nonce: "n",
          seq: 2,
          sent_seq: 2,
          created_at: expect.stringMatching(TIME),
          edited_at: null,
          deleted: false,
        },
      },
    });
    const { message } = (await b1.next("chat")).payload;
    expect(Date.parse(message.created_at)).toBeGreaterThanOrEqual(before - 50);
    expect(Date.parse(message.created_at)).toBeLessThanOrEqual(Date.now() + 50);
  });

  test("reaches every other device of both, and nobody else; the nonce is its author's alone", async () => {
    await heardOf("send", await a1.say(chatId, "from a", "a's nonce"));
    await heardOf("send", await b1.say(chatId, "from b", "b's nonce"), [b2, a1, a2]);
    await silence();
    const elsewhere = await c1.tell(a.id, "c and a talk, too");
    for (const device of [a1, a2]) expect(await device.next()).toEqual(push("send", toOthers(elsewhere)));
    await b1.say(chatId, "and so do b and a");
    await Promise.all([a1, a2, b2].map((device) => device.changes(1)));
    await silence();
    expect(await history(a1, chatId)).toEqual([
      first,
      expect.objectContaining({ content: "from a", nonce: "a's nonce" }),
      expect.objectContaining({ content: "from b", nonce: null }),
      expect.objectContaining({ content: "and so do b and a" }),
    ]);
  });

  test("with user_id makes the direct chat once, and both find it", async () => {
    const [one, other] = await Promise.all([a1.tell(c.id, "at once"), c1.tell(a.id, "at once too")]);
    expect(one.chat_id).toBe(other.chat_id);
    expect([one.seq, other.seq].toSorted()).toEqual([1, 2]);
    expect((await a1.tell(c.id, "again")).chat_id).toBe(one.chat_id);
    expect(await history(c1, one.chat_id)).toHaveLength(3);
    expect(one.chat_id).not.toBe(chatId);
  });

  test("to oneself, to a user or a chat that never was: 4004", async () => {
    for (const user_id of [a.id, String(BigInt(a.id) + 2n ** 40n), "2"])
      expect(await a1.ask("chat", { type: "send", user_id, content: "x" })).toEqual(notFound());
    for (const chat_id of [unknownId(), "1", dm(a, b), a.id, b.id])
      expect(await a1.ask("chat", { type: "send", chat_id, content: "x" })).toEqual(notFound());
    await silence();
  });

  test("takes up to 2000 UTF-16 units, exactly as they are; one more, or none, is INVALID", async () => {
    for (const content of ["x".repeat(2000), "가".repeat(2000), "🙂".repeat(1000), " \n\t ", "\u202eabc"])
      expect((await a1.say(chatId, content)).content).toBe(content);
    for (const content of ["x".repeat(2001), `${"🙂".repeat(1000)}x`, "", "a\0b", "half \ud83d"])
      expect(await a1.ask("chat", { type: "send", chat_id: chatId, content })).toEqual(
        error(4000, "INVALID"),
      );
    expect(await history(b1, chatId)).toHaveLength(6);
  });

  test("of several devices at once: seq is 1, 2, 3, without holes, and all see one order", async () => {
    const each = 40;
    for (let i = 0; i < each; i++)
      for (const [name, device] of Object.entries({ a1, a2, b1, b2 }))
        device.send("chat", { type: "send", chat_id: chatId, content: `${name} ${i}` });
    const seen = await Promise.all([a1, a2, b1, b2].map((device) => device.changes(4 * each)));
    const stored = (await history(a1, chatId)).slice(1);
    expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: 4 * each }, (_, i) => i + 2));
    for (const changes of seen) {
      expect(changes.map(({ type }) => type)).toEqual(changes.map(() => "send"));
      expect(changes.map(({ message }) => toOthers(message))).toEqual(stored.map(toOthers));
    }
    for (const [i, message] of stored.entries()) {
      const before = stored[i - 1];
      if (!before) continue;
      expect(message.created_at > before.created_at).toBe(true);
      expect(BigInt(message.id) > BigInt(before.id)).toBe(true);
    }
  });
});

describe("chat edit", () => {
  test("replaces the content for everyone, as the next change of the chat", async () => {
    await a1.say(chatId, "second");
    for (const device of [a2, b1, b2]) await device.next("chat");
    const edited = await a2.edit(first, "edited", "n-1");
    expect(edited).toEqual({
      ...first,
      content: "edited",
      seq: 3,
      sent_seq: 1,
      edited_at: expect.stringMatching(TIME),
    });
    expect((edited.edited_at ?? "") > edited.created_at).toBe(true);
    await heardOf("edit", edited, [a1, b1, b2]);
    await silence();
    expect((await history(b1, chatId))[0]).toEqual(toOthers(edited));
  });

  test("takes effect in the order sent, and each is heard of", async () => {
    for (let i = 1; i <= 20; i++)
      a1.send("chat", { type: "edit", chat_id: chatId, id: first.id, content: String(i) });
    const changes = await b1.changes(20);
    expect(changes.map(({ message }) => message.content)).toEqual(changes.map((_, i) => String(i + 1)));
    expect(changes.map(({ message }) => message.seq)).toEqual(changes.map((_, i) => i + 2));
  });

  test("to nothing is INVALID: deletions have a type of their own", async () => {
    for (const content of ["", undefined, null, 5, "x".repeat(2001), "a\0b"])
      expect(await a1.ask("chat", { type: "edit", chat_id: chatId, id: first.id, content })).toEqual(
        error(4000, "INVALID"),
      );
    await silence();
    expect(await history(b1, chatId)).toEqual([toOthers(first)]);
  });
});

describe("chat delete", () => {
  test("leaves no content, for anybody, as the next change of the chat", async () => {
    const edited = await a1.edit(first, "edited");
    await heardOf("edit", edited);
    const deleted = await a1.remove(first, "n-1");
    expect(deleted).toEqual({ ...edited, content: "", seq: 3, sent_seq: 1, deleted: true });
    await heardOf("delete", deleted);
    await silence();
    for (const device of [a1, b1]) expect(await history(device, chatId)).toEqual([]);
  });

  test("is the end: to edit or delete it again is MESSAGE_NOT_FOUND", async () => {
    await a1.remove(first);
    const target = { chat_id: chatId, id: first.id };
    for (const payload of [
      { type: "edit", ...target, content: "back" },
      { type: "delete", ...target },
    ]) {
      expect(await a1.ask("chat", payload)).toEqual(error(4004, "MESSAGE_NOT_FOUND"));
      expect(await b1.ask("chat", payload)).toEqual(error(4000, "NOT_AUTHOR"));
    }
    expect((await a1.say(chatId, "next")).seq).toBe(3);
  });
});

describe("a message can be changed", () => {
  const changesOf = (chat_id: string, id: string) => [
    { type: "edit", chat_id, id, content: "not mine" },
    { type: "delete", chat_id, id },
  ];

  test("by its author alone: NOT_AUTHOR for the other one", async () => {
    for (const payload of changesOf(chatId, first.id))
      expect(await b1.ask("chat", payload)).toEqual(error(4000, "NOT_AUTHOR"));
    await silence();
    expect(await history(a1, chatId)).toEqual([first]);
  });

  test("where it is: in another chat, or where it never was, it is MESSAGE_NOT_FOUND", async () => {
    const elsewhere = await a1.tell(c.id, "elsewhere");
    for (const payload of [
      ...changesOf(elsewhere.chat_id, first.id),
      ...changesOf(chatId, elsewhere.id),
      ...changesOf(chatId, String(BigInt(first.id) + 2n)),
      ...changesOf(chatId, chatId),
    ])
      expect(await a1.ask("chat", payload)).toEqual(error(4004, "MESSAGE_NOT_FOUND"));
    expect(await history(a1, chatId)).toEqual([first]);
  });
});

describe("a chat of others", () => {
  test("is 4004 for whatever one asks, word by word like one that never was, and nobody hears of it", async () => {
    const requests = (chat_id: string, id: string) =>
      [
        ["chat", { type: "send", chat_id, content: "x" }],
        ["chat", { type: "send", chat_id, content: "x", nonce: "n" }],
        ["chat", { type: "edit", chat_id, id, content: "x" }],
        ["chat", { type: "delete", chat_id, id }],
        ["load", { type: "chat", chat_id }],
        ["load", { type: "chat", chat_id, before: 2 }],
        ["load", { type: "chat", chat_id, after: 0, count: 1 }],
        ["read", { chat_id, seq: 1 }],
        ["read", { chat_id, seq: 0 }],
        ["typing", { chat_id }],
      ] as const;
    const unknown = requests(unknownId(), unknownId());
    for (const [i, [type, payload]] of requests(chatId, first.id).entries()) {
      const frame = await c1.ask(type, payload);
      expect(frame).toEqual(error(4004, "CONVERSATION_NOT_FOUND"));
      const [otherType = "", otherPayload] = unknown[i] ?? [];
      expect((await c1.ask(otherType, otherPayload)).payload).toEqual(frame.payload);
    }
    await silence();
    expect((await c1.chats()).chats).toEqual([]);
    expect(await history(a1, chatId)).toEqual([first]);
  });
});
