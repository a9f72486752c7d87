import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { history, online, type Device, type Frame, type Message } from "./device.ts";

let server: Server;
let a: Person, b: Person, c: Person;
let mine: Device, other: Device, theirs: Device;
let chatId: string;

beforeAll(async () => {
  server = await startServer();
});
beforeEach(async () => {
  [a, b, c] = (await registerAll(server, "ann", "ben", "cy")) as [Person, Person, Person];
  mine = await online(gateA(server), a);
  chatId = (await mine.tell(b.id, "first")).chat_id;
  [other, theirs] = [await online(gateB(server), a), await online(gateB(server), b)];
});

/** The next frames, of which each is a reply. */
const replies = async (device: Device, count: number): Promise<Frame[]> => {
  const frames: Frame[] = [];
  while (frames.length < count) {
    const frame = await device.next();
    if (frame.ref !== undefined) frames.push(frame);
  }
  return frames;
};
const refsOf = (frames: Frame[]) => frames.map(({ ref }) => ref);
const messageIn = ({ payload }: Frame) => (payload as { message: Message }).message;
const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));
const say = (device: Device, ref: string, payload: object) =>
  device.sendRaw(JSON.stringify({ type: "chat", ref, payload: { type: "send", ...payload } }));
const contents = async () => (await history(theirs, chatId)).slice(1).map(({ content }) => content);

describe("sends that do not wait for each other's replies", () => {
  test("are stored, told and answered in their order, each once", async () => {
    for (const n of numbers(100)) say(mine, n, { chat_id: chatId, content: n, nonce: `n-${n}` });
    const answered = await replies(mine, 100);
    expect(refsOf(answered)).toEqual(numbers(100));
    expect(answered.map((frame) => messageIn(frame).content)).toEqual(numbers(100));
    const seqs = answered.map((frame) => messageIn(frame).seq);
    expect(seqs).toEqual(seqs.map((_, i) => i + 2));
    for (const device of [other, theirs]) {
      const told = (await device.changes(100)).map(({ message }) => message.content);
      expect(told).toEqual(numbers(100));
    }
    expect(await contents()).toEqual(numbers(100));
  });

  test("open a chat that is not there yet, once", async () => {
    for (const n of numbers(12)) say(mine, n, { user_id: c.id, content: n });
    const answered = await replies(mine, 12);
    expect(new Set(answered.map((frame) => messageIn(frame).chat_id)).size).toBe(1);
    expect(answered.map((frame) => messageIn(frame).seq)).toEqual(answered.map((_, i) => i + 1));
  });

  test("to several chats, among other requests, are each answered in its turn", async () => {
    const { chat_id } = await mine.tell(c.id, "first");
    const asked = numbers(60);
    for (const [i, n] of asked.entries()) {
      if (i % 7 === 6) mine.sendRaw(JSON.stringify({ type: "load", ref: n, payload: { type: "chats" } }));
      else say(mine, n, { chat_id: i % 3 === 0 ? chat_id : chatId, content: n });
    }
    expect(refsOf(await replies(mine, 60))).toEqual(asked);
    const rest = asked.filter((_, i) => i % 7 !== 6 && i % 3 !== 0);
    expect(await contents()).toEqual(rest);
  });

  test("do not spoil each other: one that is wrong has its error, and the others are done", async () => {
    await mine.say(chatId, "used", "n-used");
    say(mine, "0", { chat_id: chatId, content: "zero" });
    say(mine, "1", { chat_id: chatId, content: "other", nonce: "n-used" });
    say(mine, "2", { chat_id: chatId, content: "two", nonce: "n-2" });
    say(mine, "3", { chat_id: chatId, content: "" });
    say(mine, "4", { chat_id: chatId, content: "two", nonce: "n-2" });
    say(mine, "5", { chat_id: chatId, content: "five" });
    const answered = await replies(mine, 6);
    expect(refsOf(answered)).toEqual(numbers(6));
    expect(answered.map(({ type, payload }) => (type === "error" ? payload.type : type))).toEqual([
      ...["chat", "NONCE_REUSED", "chat", "INVALID", "chat", "chat"],
    ]);
    const [, , two, , again] = answered.map(messageIn);
    expect(again).toEqual(two);
    expect(await contents()).toEqual(["used", "zero", "two", "five"]);
  });

  test("of all who write in a chat at once have one order, the same for everybody", async () => {
    for (const n of numbers(90)) {
      say(mine, n, { chat_id: chatId, content: `a ${n}` });
      say(other, n, { chat_id: chatId, content: `b ${n}` });
      say(theirs, n, { chat_id: chatId, content: `c ${n}` });
    }
    const seen = await Promise.all([mine, other, theirs].map((device) => device.changes(270)));
    const order = await contents();
    for (const changes of seen) expect(changes.map(({ message }) => message.content)).toEqual(order);
    for (const who of "abc")
      expect(order.filter((content) => content.startsWith(who))).toEqual(
        numbers(90).map((n) => `${who} ${n}`),
      );
  });
});
