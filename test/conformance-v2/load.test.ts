import { beforeAll, describe, expect, test } from "@jest/globals";
import { gateA, gateB, register, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import {
  error,
  history,
  notFound,
  online,
  toOthers,
  type ChatRow,
  type Device,
  type Page,
  type Message,
} from "./device.ts";

const MESSAGES = 230;
let server: Server;
let a: Person, b: Person;
let mine: Device, theirs: Device;
let chatId: string;
/** What is in the chat of both: 230 sent, then every 23rd deleted and every 17th edited. */
let stored: Message[] = [];
let deleted: Message[] = [];

beforeAll(async () => {
  server = await startServer();
  [a, b] = (await registerAll(server, "ann", "ben")) as [Person, Person];
  [mine, theirs] = [await online(gateA(server), a), await online(gateB(server), b)];
  for (let i = 0; i < MESSAGES; i++)
    mine.send("chat", { type: "send", user_id: b.id, content: `message ${i}` });
  const sent = (await mine.changes(MESSAGES)).map(({ message }) => message);
  for (const [i, message] of sent.entries()) {
    if (i % 23 === 22) deleted.push(await mine.remove(message));
    else stored.push(i % 17 === 16 ? await mine.edit(message, `edited ${i}`) : message);
  }
  chatId = stored[0]?.chat_id ?? "";
});
const seqs = (messages: Message[]) => messages.map(({ sent_seq }) => sent_seq);

describe("load chat", () => {
  test("gives the newest 50 where nothing else is said, by rising sent_seq, as they now stand", async () => {
    const page = await mine.page(chatId);
    expect(page).toEqual({
      type: "chat",
      chat_id: chatId,
      messages: stored.slice(-50),
      before: expect.any(Number),
      after: null,
    });
    expect((await theirs.page(chatId)).messages).toEqual(stored.slice(-50).map(toOthers));
  });

  test("is one reply, whatever the count", async () => {
    for (const count of [1, 2, 99, 100]) {
      const { messages } = await mine.page(chatId, { count });
      expect(messages).toEqual(stored.slice(-count));
    }
    await mine.expectSilence(50);
  });

  test.each([1, 22, 23, 44, 100])("goes back through all of it by before, in pages of %i", async (count) => {
    const pages: Message[][] = [];
    for (let before: number | undefined; ;) {
      const page = await mine.page(chatId, { before, count });
      pages.unshift(page.messages);
      if (page.before === null) break;
      before = page.before;
    }
    expect(pages.flat()).toEqual(stored);
    expect(pages).toHaveLength(Math.ceil(stored.length / count)); // null at the very end, not a page later
  });

  test.each([1, 22, 23, 44, 100])("goes on through all of it by after, in pages of %i", async (count) => {
    const pages: Message[][] = [];
    for (let after = 0; ;) {
      const page = await theirs.page(chatId, { after, count });
      pages.push(page.messages);
      if (page.after === null) break;
      ({ after } = page);
    }
    expect(pages.flat()).toEqual(stored.map(toOthers));
    expect(pages).toHaveLength(Math.ceil(stored.length / count));
  });

  test("there and back: before and after of any page lead to its neighbours", async () => {
    const middle = await mine.page(chatId, { before: stored[120]?.sent_seq, count: 20 });
    expect(middle.messages).toEqual(stored.slice(100, 120));
    const [older, newer] = [
      await mine.page(chatId, { before: middle.before ?? -1, count: 20 }),
      await mine.page(chatId, { after: middle.after ?? -1, count: 20 }),
    ];
    expect(older.messages).toEqual(stored.slice(80, 100));
    expect(newer.messages).toEqual(stored.slice(120, 140));
    expect((await mine.page(chatId, { after: older.after ?? -1, count: 20 })).messages).toEqual(
      middle.messages,
    );
    expect((await mine.page(chatId, { before: newer.before ?? -1, count: 20 })).messages).toEqual(
      middle.messages,
    );
  });

  test("before and after are strict, and any number will do", async () => {
    const [first, second] = stored as [Message, Message];
    expect(seqs((await mine.page(chatId, { before: second.sent_seq })).messages)).toEqual([first.sent_seq]);
    expect((await mine.page(chatId, { after: first.sent_seq, count: 1 })).messages).toEqual([second]);
    const gone = deleted[0]?.sent_seq ?? 0; // a place that holds nothing any more
    const next = stored.find(({ sent_seq }) => sent_seq > gone);
    expect((await mine.page(chatId, { after: gone, count: 1 })).messages).toEqual([next]);
    expect((await mine.page(chatId, { before: 1 })).messages).toEqual([]);
    expect((await mine.page(chatId, { before: 1 })).before).toBeNull();
    expect((await mine.page(chatId, { after: 1_000_000 })).messages).toEqual([]);
    expect((await mine.page(chatId, { after: 1_000_000 })).after).toBeNull();
    expect((await mine.page(chatId, { before: 1_000_000 })).messages).toEqual(stored.slice(-50));
  });

  test("of a chat of which all is deleted is empty, with null at both ends", async () => {
    const c = await register(server);
    await mine.remove(await mine.tell(c.id, "x"));
    const { chat_id } = await mine.tell(c.id, "y").then((message) => mine.remove(message));
    for (const where of [{}, { before: 9 }, { after: 0 }])
      expect(await mine.page(chat_id, where)).toMatchObject({ messages: [], before: null, after: null });
  });

  test.each([
    { chat_id: undefined },
    { chat_id: null },
    { chat_id: 5 },
    { chat_id: "" },
    { chat_id: "abc" },
    { count: 0 },
    { count: 101 },
    { count: -1 },
    { count: 1.5 },
    { count: "5" },
    { before: "5" },
    { before: -1 },
    { before: 1.5 },
    { after: "5" },
    { after: [] },
    { before: 5, after: 1 },
  ])("with what makes no sense is INVALID: %j", async (wrong) => {
    const payload = { type: "chat", chat_id: chatId, ...wrong };
    expect(await mine.ask("load", payload)).toEqual(error(4000, "INVALID"));
  });

  test("is no older than what was pushed before it", async () => {
    const [cy, dee] = (await registerAll(server, "cy", "dee")) as [Person, Person];
    const [speaker, reader] = [await online(gateA(server), cy), await online(gateB(server), dee)];
    const { chat_id } = await speaker.tell(dee.id, "0");
    for (let i = 1; i <= 60; i++) speaker.send("chat", { type: "send", chat_id, content: String(i) });
    for (let loaded = 0; loaded < 61;) loaded = (await reader.page(chat_id, { count: 100 })).messages.length;
    let pushed = 0;
    for (const { type, payload } of reader.frames) {
      if (type === "chat") pushed = payload.message.sent_seq;
      if (type === "load") expect(seqs((payload as Page).messages).at(-1)).toBeGreaterThanOrEqual(pushed);
    }
  });
});

describe("load chats", () => {
  test("gives each with its other user, last message and positions, newest first", async () => {
    const [cy, dee, eve] = (await registerAll(server, "cy", "dee", "eve")) as [Person, Person, Person];
    const [one, two, three] = [
      await online(gateA(server), cy),
      await online(gateB(server), dee),
      await online(gateB(server), eve),
    ];
    expect(await one.chats()).toEqual({ type: "chats", chats: [], before: null });
    const toDee = await one.tell(dee.id, "1");
    const toEve = await one.tell(eve.id, "1");
    const fromDee = await two.say(toDee.chat_id, "2", "n");
    const user = ({ id, name }: Person) => ({ id, name, profile: null });
    const [deeRow, eveRow]: ChatRow[] = [
      {
        ...{ chat_id: toDee.chat_id, peer: user(dee), last_message: toOthers(fromDee), last_seq: 2 },
        ...{ read_seq: expect.any(Number) as unknown as number, unread: 1 },
      },
      {
        ...{ chat_id: toEve.chat_id, peer: user(eve), last_message: toEve, last_seq: 1 },
        ...{ read_seq: expect.any(Number) as unknown as number, unread: 0 },
      },
    ];
    expect(await one.chats()).toEqual({ type: "chats", chats: [deeRow, eveRow], before: null });
    expect((await three.chats()).chats).toEqual([
      { ...eveRow, peer: user(cy), last_message: toOthers(toEve), read_seq: 0, unread: 1 },
    ]);
    const edited = await one.edit(toEve, "edited"); // a change, and yet no newer message
    expect((await one.chats()).chats).toEqual([deeRow, { ...eveRow, last_message: edited, last_seq: 2 }]);
    const again = await three.say(toEve.chat_id, "2");
    expect((await one.chats()).chats).toEqual([
      { ...eveRow, last_message: toOthers(again), last_seq: 3, unread: 1 },
      deeRow,
    ]);
  });

  test("does not show a message that was deleted", async () => {
    const c = await register(server);
    await mine.tell(c.id, "kept");
    const { chat_id } = await mine.remove(await mine.tell(c.id, "secret"));
    const reader = await online(gateB(server), c);
    const list = await reader.chats();
    expect(list.chats).toEqual([expect.objectContaining({ chat_id, last_seq: 3, unread: 1 })]);
    expect(JSON.stringify(list)).not.toContain("secret");
  });

  test("goes on by before, 100 at a time, each chat once", async () => {
    const hub = await register(server);
    const center = await online(gateA(server), hub);
    const people: Person[] = [];
    for (let i = 0; i < 13; i++) people.push(...(await registerAll(server, ...Array<string>(8).fill("p"))));
    const told: string[] = [];
    for (const person of people) told.unshift((await center.tell(person.id, "hello")).chat_id);
    const first = await center.chats();
    expect(first.chats.map(({ chat_id }) => chat_id)).toEqual(told.slice(0, 100));
    expect(first.before).not.toBeNull();
    const second = await center.chats(first.before ?? "");
    expect(second.chats.map(({ chat_id }) => chat_id)).toEqual(told.slice(100));
    expect(second.before).toBeNull();
  });

  test.each([5, true, [], {}, "nonsense"])(
    "before that the server never gave is INVALID: %j",
    async (before) => {
      expect(await mine.ask("load", { type: "chats", before })).toEqual(error(4000, "INVALID"));
    },
  );

  test("last_seq is where a cursor begins: nothing of the past, all of the future", async () => {
    const [cy, dee] = (await registerAll(server, "cy", "dee")) as [Person, Person];
    const speaker = await online(gateA(server), cy);
    const { chat_id } = await speaker.tell(dee.id, "1");
    await speaker.say(chat_id, "2");
    const reader = await online(gateB(server), dee);
    const [row] = (await reader.chats()).chats;
    await reader.close();
    const third = await speaker.say(chat_id, "3");
    const back = await online(gateB(server), dee, { [chat_id]: row?.last_seq ?? -1 });
    expect(await back.changes(1)).toEqual([{ type: "send", message: toOthers(third) }]);
    await back.expectSilence(50);
  });
});

test("load of anything else is an error, and of a chat that is none of one's own 4004", async () => {
  for (const type of ["", "nope", "mutual_users", "__proto__", null, 5])
    expect(await mine.ask("load", { type })).toEqual(error(4000));
  expect(await mine.ask("load", { type: "chat", chat_id: "1" })).toEqual(notFound());
  expect(await history(mine, chatId)).toEqual(stored);
});
