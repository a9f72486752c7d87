import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import {
  error,
  history,
  online,
  push,
  SILENCE_MS,
  signedIn,
  toOthers,
  type Change,
  type Cursors,
  type Device,
  type Message,
} from "./device.ts";
import { follow, Memory } from "./memory.ts";

const MOST_MISSED = 500;
let server: Server;
let a: Person, b: Person, c: Person;
/** The one who is always there; the other two say something to them, and come and go. */
let mine: Device;
let chatId: string;
/** What was there before anybody went away. */
let known: [Message, Message];

beforeAll(async () => {
  server = await startServer();
});
beforeEach(async () => {
  [a, b, c] = (await registerAll(server, "ann", "ben", "cy")) as [Person, Person, Person];
  mine = await online(gateA(server), a);
  known = [await mine.tell(b.id, "known 1"), await mine.tell(b.id, "known 2")];
  chatId = known[0].chat_id;
});

const changed = (type: Change["type"], message: Message) => push(type, toOthers(message));
/** Comes back with cursors: what b is given before the reply, and the reply. */
const resume = async (cursors: Cursors, who = b) => {
  const device = await signedIn(gateB(server), who);
  const { reload } = await device.sync(cursors);
  return { device, missed: device.drain(), reload };
};

describe("sync", () => {
  test("without cursors begins now: nothing of the past comes", async () => {
    const device = await signedIn(gateB(server), b);
    expect(await device.sync()).toEqual({ reload: [] });
    await device.expectSilence(SILENCE_MS);
  });

  test("where nothing was missed gives nothing, and then what happens", async () => {
    const { device, missed, reload } = await resume({ [chatId]: 2 });
    expect([missed, reload]).toEqual([[], []]);
    const next = await mine.say(chatId, "next");
    expect(next.seq).toBe(3);
    expect(await device.next()).toEqual(changed("send", next));
    await device.expectSilence(SILENCE_MS);
  });

  test("gives the messages that were missed as the frames they would have been, by seq", async () => {
    const sent = [await mine.say(chatId, "3"), await mine.say(chatId, "4"), await mine.say(chatId, "5")];
    const { device, missed, reload } = await resume({ [chatId]: 2 });
    expect(missed).toEqual(sent.map((message) => changed("send", message)));
    for (const frame of missed) expect(frame).not.toHaveProperty("ref");
    expect(reload).toEqual([]);
    await device.expectSilence(SILENCE_MS);
  });

  test("gives an edit and a deletion of what was known", async () => {
    const edited = await mine.edit(known[0], "edited");
    const deleted = await mine.remove(known[1]);
    const { missed } = await resume({ [chatId]: 2 });
    expect(missed).toEqual([changed("edit", edited), changed("delete", deleted)]);
    expect(deleted).toMatchObject({ content: "", deleted: true, seq: 4, sent_seq: 2 });
  });

  test("gives each message that changed once, as it now stands, where its last change has its place", async () => {
    await mine.edit(known[0], "first edit");
    const unseen = await mine.say(chatId, "unseen");
    const [kept] = [await mine.say(chatId, "kept")];
    await mine.edit(unseen, "edited before it was seen");
    const edited = await mine.edit(known[0], "second edit");
    await mine.edit(known[1], "in vain");
    const deleted = await mine.remove(known[1]);
    const last = await mine.edit(unseen, "edited again");
    const { missed, reload } = await resume({ [chatId]: 2 });
    expect(missed).toEqual([
      changed("send", kept),
      changed("edit", edited),
      changed("delete", deleted),
      changed("send", last),
    ]);
    expect(reload).toEqual([]);
  });

  test("tells of what was sent and deleted meanwhile as deleted, and never of what it was", async () => {
    const gone = await mine.remove(await mine.say(chatId, "secret"));
    const kept = await mine.say(chatId, "kept");
    const also = await mine.say(chatId, "secret, too");
    await mine.edit(also, "a secret still");
    const last = await mine.remove(also);
    const { device, missed } = await resume({ [chatId]: 2 });
    expect(missed).toEqual([changed("delete", gone), changed("send", kept), changed("delete", last)]);
    expect(JSON.stringify(missed)).not.toContain("secret");
    const next = await mine.say(chatId, "next");
    expect(await device.next()).toEqual(changed("send", next));
  });

  test("gives from the middle of what was missed on", async () => {
    const third = await mine.say(chatId, "3");
    const fourth = await mine.say(chatId, "4");
    const edited = await mine.edit(third, "3, edited");
    expect((await resume({ [chatId]: 3 })).missed).toEqual([
      changed("send", fourth),
      changed("edit", edited),
    ]);
    expect((await resume({ [chatId]: 4 })).missed).toEqual([changed("edit", edited)]);
    expect((await resume({ [chatId]: 5 })).missed).toEqual([]);
  });

  test("gives what one's own other device did, with its nonce", async () => {
    const other = await online(gateA(server), b);
    const sent = await other.say(chatId, "from my other device", "n-1");
    expect(sent.nonce).toBe("n-1");
    expect((await resume({ [chatId]: 2 })).missed).toEqual([push("send", sent)]);
  });

  test("gives all of a chat that is new since", async () => {
    const theirs = await online(gateB(server), c);
    const sent = [await theirs.tell(b.id, "we have not talked yet"), await theirs.tell(b.id, "have we?")];
    const { device, missed, reload } = await resume({ [chatId]: 2 });
    expect(missed).toEqual(sent.map((message) => changed("send", message)));
    expect(reload).toEqual([]);
    const next = await theirs.tell(b.id, "live");
    expect(await device.next()).toEqual(changed("send", next));
    expect((await resume({}, c)).missed).toEqual([...sent, next].map((message) => push("send", message)));
  });

  test("gives of several chats what is after the cursor of each", async () => {
    const theirs = await online(gateB(server), c);
    const first = await theirs.tell(b.id, "c 1");
    const [toBen, fromCy] = [await mine.say(chatId, "3"), await theirs.tell(b.id, "c 2")];
    const edited = await mine.edit(known[1], "edited");
    const of = (chat: string, frames: unknown[]) =>
      frames.filter((frame) => (frame as { payload: Change }).payload.message.chat_id === chat);
    const { missed, reload } = await resume({ [chatId]: 2, [first.chat_id]: 1 });
    expect(missed).toHaveLength(3);
    expect(of(chatId, missed)).toEqual([changed("send", toBen), changed("edit", edited)]);
    expect(of(first.chat_id, missed)).toEqual([changed("send", fromCy)]);
    expect(reload).toEqual([]);
  });

  test("twice on a socket: each time what is after the cursors, and pushes go on", async () => {
    const third = await mine.say(chatId, "3");
    const { device } = await resume({ [chatId]: 2 });
    expect(await device.sync({ [chatId]: 2 })).toEqual({ reload: [] });
    expect(device.drain()).toEqual([changed("send", third)]);
    expect(await device.sync({ [chatId]: 3 })).toEqual({ reload: [] });
    expect(await device.sync()).toEqual({ reload: [] });
    await device.expectSilence(SILENCE_MS);
    const fourth = await mine.say(chatId, "4");
    expect(await device.next()).toEqual(changed("send", fourth));
    await device.expectSilence(SILENCE_MS);
  });
});

describe("reload", () => {
  test("names a chat of which more than 500 changes were missed, and that one alone", async () => {
    const theirs = await online(gateB(server), c);
    const [cys] = [await theirs.tell(b.id, "c 1")];
    for (let i = 0; i < MOST_MISSED; i++)
      mine.send("chat", { type: "send", chat_id: chatId, content: `missed ${i}` });
    const sent = (await mine.changes(MOST_MISSED)).map(({ message }) => message);
    const all = await resume({ [chatId]: 2, [cys.chat_id]: 0 });
    expect(all.reload).toEqual([]);
    expect(all.missed).toHaveLength(MOST_MISSED + 1);
    expect(all.missed).toEqual(expect.arrayContaining([changed("send", cys)]));
    const [first] = sent;
    if (!first) throw new Error("500 messages");
    await mine.edit(first, "one more change");
    const { device, missed, reload } = await resume({ [chatId]: 2, [cys.chat_id]: 0 });
    expect(reload).toEqual([chatId]);
    expect(missed).toEqual([changed("send", cys)]);
    const memory = new Memory();
    await memory.load(device, chatId);
    expect(memory.history(chatId)).toHaveLength(MOST_MISSED + 2);
    const next = await mine.say(chatId, "next");
    expect(await device.next()).toEqual(changed("send", next));
  });

  test("names a new chat with more than that too", async () => {
    const count = MOST_MISSED + 1;
    for (let i = 0; i < count; i++) mine.send("chat", { type: "send", user_id: c.id, content: `new ${i}` });
    const [first] = await mine.changes(count);
    const { missed, reload } = await resume({}, c);
    expect([missed, reload]).toEqual([[], [first?.message.chat_id]]);
  });

  test("names a chat whose cursor is above its last_seq", async () => {
    for (const cursor of [3, 1_000, Number.MAX_SAFE_INTEGER]) {
      const { device, missed, reload } = await resume({ [chatId]: cursor });
      expect([missed, reload]).toEqual([[], [chatId]]);
      await device.close();
    }
    const { device } = await resume({ [chatId]: 3 });
    const next = await mine.say(chatId, "seq 3, but another one");
    expect(await device.next()).toEqual(changed("send", next));
  });
});

describe("cursors of", () => {
  test("others' chats, and chats that never were, show nothing of anybody", async () => {
    const odd = String(BigInt(chatId) + 2n ** 40n);
    for (const cursors of [{ [chatId]: 0 }, { [odd]: 0 }, { [chatId]: 1, [odd]: 1, "1": 0 }] as Cursors[]) {
      const { device, missed, reload } = await resume(cursors, c);
      expect(missed).toEqual([]);
      for (const id of reload) expect(Object.keys(cursors)).toContain(id);
      await mine.say(chatId, "not for c");
      await device.expectSilence(SILENCE_MS);
    }
    const foreign = await resume({ [chatId]: 0 }, c);
    const unknown = await resume({ [odd]: 0 }, c);
    expect(foreign.reload.length).toBe(unknown.reload.length); // nobody learns which of them there is
  });

  test.each<unknown>([
    null,
    5,
    "text",
    true,
    [],
    [["3", 1]],
    { "3": -1 },
    { "3": 1.5 },
    { "3": "1" },
    { "3": null },
    { "3": 1e300 },
    { "not an id": 1 },
    { "": 1 },
    { constructor: 1 },
  ])("no sense are INVALID, and the socket hears nothing yet: %j", async (cursors) => {
    const device = await signedIn(gateB(server), b);
    expect(await device.ask("sync", { cursors })).toEqual(error(4000, "INVALID"));
    await mine.say(chatId, "x");
    await device.expectSilence(SILENCE_MS);
    await device.sync({ [chatId]: 2 });
    expect(device.drain()).toHaveLength(1);
  });
});

describe("while others keep sending", () => {
  test("a client that comes back again and again has every change once, in order, without a hole", async () => {
    const [own, theirs] = [await online(gateA(server), b), await online(gateB(server), c)];
    const { chat_id } = await theirs.tell(b.id, "c");
    const flow = { isOver: false };
    const talk = async (device: Device, chat: string) => {
      const sent: Message[] = [];
      for (let i = 0; !flow.isOver; i++) {
        const at = (i * 7) % (sent.length || 1);
        const old = sent[at];
        if (i % 4 === 3 && old) sent[at] = await device.edit(old, `edit ${i}`);
        else sent.push(await device.say(chat, `message ${i}`));
      }
    };
    const memory = new Memory();
    const talks = [talk(mine, chatId), talk(own, chatId), talk(theirs, chat_id)];
    for (let life = 0; life < 15; life++) {
      const device = await follow(gateB(server), b, memory);
      await pause(life * 7);
      await device.close();
    }
    flow.isOver = true;
    await Promise.all(talks);
    const end = await follow(gateB(server), b, memory);
    expect(memory.problems).toEqual([]);
    for (const chat of [chatId, chat_id]) {
      expect(memory.history(chat).length).toBeGreaterThan(20);
      expect(memory.history(chat)).toEqual(await history(end, chat));
    }
  });
});
