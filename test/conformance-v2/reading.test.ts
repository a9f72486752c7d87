import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { connectAs, gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { error, online, SILENCE_MS, signedIn, type Device, type Message } from "./device.ts";

let server: Server;
let a: Person, b: Person, c: Person;
/** Two devices of b, who reads what a says; c has no part in it. */
let mine: Device, other: Device, theirs: Device, stranger: Device;
let chatId: string;
/** Three messages by a. */
let said: [Message, Message, Message];

beforeAll(async () => {
  server = await startServer();
});
beforeEach(async () => {
  [a, b, c] = (await registerAll(server, "ann", "ben", "cy")) as [Person, Person, Person];
  theirs = await online(gateA(server), a);
  said = [await theirs.tell(b.id, "1"), await theirs.tell(b.id, "2"), await theirs.tell(b.id, "3")];
  chatId = said[0].chat_id;
  [mine, other, stranger] = await Promise.all([
    online(gateB(server), b),
    online(gateA(server), b),
    online(gateB(server), c),
  ]);
});
/** What the list of chats says of the chat. */
const listed = async (device: Device) => {
  const row = (await device.chats()).chats.find(({ chat_id }) => chat_id === chatId);
  return { seq: row?.read_seq, unread: row?.unread };
};
const silence = (...devices: Device[]) =>
  Promise.all(devices.map((device) => device.expectSilence(SILENCE_MS)));

describe("read", () => {
  test("says up to where all was seen; it is answered with what is left, and stays", async () => {
    expect(await listed(mine)).toEqual({ seq: 0, unread: 3 });
    expect(await mine.read(chatId, 2)).toEqual({ chat_id: chatId, seq: 2, unread: 1 });
    expect(await listed(mine)).toEqual({ seq: 2, unread: 1 });
    expect(await mine.read(chatId, 3)).toEqual({ chat_id: chatId, seq: 3, unread: 0 });
    expect(await listed(await online(gateA(server), b))).toEqual({ seq: 3, unread: 0 });
  });

  test("reaches one's own other devices, and neither the other user nor anybody else", async () => {
    await mine.read(chatId, 2);
    const heard = await other.next();
    expect(heard).toEqual({ type: "read", payload: { chat_id: chatId, seq: 2, unread: 1 } });
    expect(heard).not.toHaveProperty("ref");
    await silence(mine, other, theirs, stranger);
  });

  test("does not reach a device that has not synced, nor one of v1", async () => {
    const [early, old] = [await signedIn(gateA(server), b), await connectAs(gateA(server), b)];
    await mine.read(chatId, 2);
    await early.expectSilence(SILENCE_MS);
    await old.expectSilence(0);
  });

  test("never goes back", async () => {
    await mine.read(chatId, 3);
    await other.next("read");
    for (const seq of [2, 0, 1, 3]) {
      expect(await other.read(chatId, seq)).toEqual({ chat_id: chatId, seq: 3, unread: 0 });
      expect(await listed(mine)).toEqual({ seq: 3, unread: 0 });
    }
    for (const frame of mine.drain())
      expect(frame).toEqual({ type: "read", payload: { chat_id: chatId, seq: 3, unread: 0 } });
  });

  test("by two devices at once ends at the further one", async () => {
    await Promise.all([mine.read(chatId, 3), other.read(chatId, 1), mine.read(chatId, 2)]);
    expect(await listed(mine)).toEqual({ seq: 3, unread: 0 });
  });

  test("does not reach into the future: what is said later is unread", async () => {
    await mine.ask("read", { chat_id: chatId, seq: 1_000_000 });
    await theirs.say(chatId, "later");
    expect((await listed(mine)).unread).toBeGreaterThanOrEqual(1);
    expect((await mine.read(chatId, 4)).unread).toBe(0);
  });

  test("is each user's own", async () => {
    await mine.read(chatId, 3);
    await mine.say(chatId, "4");
    await mine.say(chatId, "5");
    expect((await listed(theirs)).unread).toBe(2);
    await theirs.read(chatId, 4);
    expect(await listed(theirs)).toEqual({ seq: 4, unread: 1 });
    expect((await listed(mine)).unread).toBe(0);
  });
});

describe("unread", () => {
  test("counts neither one's own messages nor deleted ones, and an edit is no new one", async () => {
    await mine.say(chatId, "my own");
    expect((await listed(mine)).unread).toBe(3);
    await theirs.remove(said[1]);
    expect((await listed(mine)).unread).toBe(2);
    await theirs.edit(said[0], "edited");
    expect((await listed(mine)).unread).toBe(2);
    expect(await mine.read(chatId, 1)).toEqual({ chat_id: chatId, seq: 1, unread: 1 });
    await theirs.edit(said[0], "edited again");
    expect((await listed(mine)).unread).toBe(1);
    await theirs.remove(said[2]);
    expect((await listed(mine)).unread).toBe(0);
  });

  test("counts among the last 100 changes", async () => {
    const count = 105;
    for (let i = 0; i < count; i++) theirs.send("chat", { type: "send", chat_id: chatId, content: `${i}` });
    await theirs.changes(count);
    expect(await listed(mine)).toEqual({ seq: 0, unread: 100 });
    expect(await mine.read(chatId, 1)).toEqual({ chat_id: chatId, seq: 1, unread: 100 });
    expect(await mine.read(chatId, count - 1)).toEqual({ chat_id: chatId, seq: count - 1, unread: 4 });
  });
});

describe("typing", () => {
  test("reaches every device of the other one, and not one's own", async () => {
    const second = await online(gateB(server), a);
    expect(await mine.ask("typing", { chat_id: chatId })).toEqual({
      type: "ok",
      payload: null,
      ref: expect.any(String),
    });
    const heard = { type: "typing", payload: { chat_id: chatId, user_id: b.id, expires_in_ms: 10_000 } };
    for (const device of [theirs, second]) expect(await device.next()).toEqual(heard);
    await silence(mine, other, theirs, second, stranger);
    await theirs.get("ok", "typing", { chat_id: chatId });
    const back = { type: "typing", payload: { chat_id: chatId, user_id: a.id, expires_in_ms: 10_000 } };
    for (const device of [mine, other]) expect(await device.next()).toEqual(back);
    await silence(theirs, second);
  });

  test("is not stored: it is no change, and who comes later hears nothing", async () => {
    await mine.get("ok", "typing", { chat_id: chatId });
    await theirs.next("typing");
    const late = await online(gateA(server), a, { [chatId]: 3 });
    await late.expectSilence(SILENCE_MS);
    expect((await mine.say(chatId, "4")).seq).toBe(4);
    expect((await theirs.chats()).chats[0]).toMatchObject({ last_seq: 4 });
  });

  test("does not reach a socket of v1, nor one that has not synced", async () => {
    const [early, old] = [await signedIn(gateB(server), a), await connectAs(gateB(server), a)];
    await mine.get("ok", "typing", { chat_id: chatId });
    await theirs.next("typing");
    await early.expectSilence(SILENCE_MS);
    await old.expectSilence(0);
  });
});

describe("with what makes no sense", () => {
  test.each([
    {},
    { chat_id: undefined },
    { chat_id: null },
    { chat_id: 5 },
    { chat_id: "" },
    { chat_id: "abc" },
    { seq: undefined },
    { seq: null },
    { seq: "1" },
    { seq: -1 },
    { seq: 1.5 },
    { seq: [1] },
  ])("read is INVALID, typing where it is the chat: %j", async (wrong) => {
    const isWhole = Object.keys(wrong).length > 0;
    const read = isWhole ? { chat_id: chatId, seq: 1, ...wrong } : {};
    expect(await mine.ask("read", read)).toEqual(error(4000, "INVALID"));
    if ("chat_id" in wrong || !isWhole)
      expect(await mine.ask("typing", wrong)).toEqual(error(4000, "INVALID"));
    await silence(other, theirs);
    expect(await listed(mine)).toEqual({ seq: 0, unread: 3 });
  });
});
