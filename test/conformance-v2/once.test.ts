import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import {
  error,
  history,
  online,
  push,
  SILENCE_MS,
  toOthers,
  type Change,
  type Device,
  type Message,
} from "./device.ts";

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

const silence = () => Promise.all([mine, other, theirs].map((device) => device.expectSilence(SILENCE_MS)));
/** The other devices of both hear of a change, which was asked for on `mine`. */
const heardOf = async (type: Change["type"], message: Message) => {
  expect(await other.next()).toEqual(push(type, message));
  expect(await theirs.next()).toEqual(push(type, toOthers(message)));
};
const contents = async () => (await history(theirs, chatId)).map(({ content }) => content);
const REUSED = error(4000, "NONCE_REUSED");

describe("a send that is said again with its nonce", () => {
  test("is done once: the same message, one push, one row", async () => {
    const message = await mine.say(chatId, "once", "n-1");
    await heardOf("send", message);
    expect(await mine.say(chatId, "once", "n-1")).toEqual(message);
    expect(await other.say(chatId, "once", "n-1")).toEqual(message);
    expect(await mine.tell(b.id, "once", "n-1")).toEqual(message);
    await silence();
    expect(await contents()).toEqual(["first", "once"]);
    expect((await mine.say(chatId, "next")).seq).toBe(message.seq + 1);
  });

  test("on a later connection, too", async () => {
    const message = await mine.say(chatId, "once", "n-1");
    await mine.close();
    const back = await online(gateB(server), a);
    expect(await back.say(chatId, "once", "n-1")).toEqual(message);
    expect(await contents()).toEqual(["first", "once"]);
  });

  test("by two devices at once is done once, and both are answered with it", async () => {
    for (let i = 0; i < 10; i++) {
      const [one, two] = await Promise.all([
        mine.say(chatId, `race ${i}`, `n-${i}`),
        other.say(chatId, `race ${i}`, `n-${i}`),
      ]);
      expect(two).toEqual(one);
    }
    const heard = await theirs.changes(10);
    expect(heard.map(({ message }) => message.content)).toEqual(heard.map((_, i) => `race ${i}`));
    await theirs.expectSilence(SILENCE_MS);
    expect(await contents()).toHaveLength(11);
  });

  test("that makes a chat, by two devices at once, makes it once", async () => {
    const [one, two] = await Promise.all([mine.tell(c.id, "hi", "n-1"), other.tell(c.id, "hi", "n-1")]);
    expect(two).toEqual(one);
    expect(await history(mine, one.chat_id)).toEqual([one]);
  });

  test("after an edit or a deletion is answered with what it is now, and changes nothing", async () => {
    const [first, second] = [await mine.say(chatId, "one", "n-1"), await mine.say(chatId, "two", "n-2")];
    const [edited, deleted] = [await other.edit(first, "edited"), await other.remove(second)];
    await mine.changes(2);
    await other.changes(2);
    await theirs.changes(4);
    expect(await mine.say(chatId, "one", "n-1")).toEqual(edited);
    expect(await mine.say(chatId, "two", "n-2")).toEqual(deleted);
    await silence();
    expect(await contents()).toEqual(["first", "edited"]);
  });

  test("for something else is NONCE_REUSED, and nothing is done", async () => {
    const message = await mine.say(chatId, "once", "n-1");
    await heardOf("send", message);
    const target = { chat_id: chatId, id: message.id };
    const elsewhere = await mine.tell(c.id, "elsewhere");
    await other.next("chat");
    for (const payload of [
      { type: "send", chat_id: chatId, content: "another" },
      { type: "send", chat_id: elsewhere.chat_id, content: "once" },
      { type: "send", user_id: c.id, content: "once" },
      { type: "edit", ...target, content: "once" },
      { type: "edit", ...target, content: "another" },
      { type: "delete", ...target },
    ]) {
      expect(await mine.ask("chat", { ...payload, nonce: "n-1" })).toEqual(REUSED);
      expect(await other.ask("chat", { ...payload, nonce: "n-1" })).toEqual(REUSED);
    }
    await silence();
    expect(await contents()).toEqual(["first", "once"]);
  });

  test("for another content is NONCE_REUSED even after an edit", async () => {
    const message = await mine.say(chatId, "once", "n-1");
    await mine.edit(message, "edited");
    for (const content of ["another", "edited"])
      expect(await mine.ask("chat", { type: "send", chat_id: chatId, content, nonce: "n-1" })).toEqual(
        REUSED,
      );
    expect(await contents()).toEqual(["first", "edited"]);
  });
});

describe("an edit that is said again with its nonce", () => {
  test("is done once: the same message, one push", async () => {
    const message = await mine.say(chatId, "x");
    await heardOf("send", message);
    const edited = await mine.edit(message, "edited", "n-1");
    await heardOf("edit", edited);
    expect(await mine.edit(message, "edited", "n-1")).toEqual(edited);
    expect(await other.edit(message, "edited", "n-1")).toEqual(edited);
    await silence();
  });

  test("does not undo a later one by another device, and is answered with that", async () => {
    const message = await mine.say(chatId, "x");
    await mine.edit(message, "earlier", "n-1");
    const later = await other.edit(message, "later", "n-2");
    await mine.next("chat");
    await other.changes(2);
    await theirs.changes(3);
    expect(await mine.edit(message, "earlier", "n-1")).toEqual(later);
    expect(await other.edit(message, "later", "n-2")).toEqual(later);
    await silence();
    expect(await contents()).toEqual(["first", "later"]);
  });

  test("after many later ones and a deletion is answered with the deleted message", async () => {
    const message = await mine.say(chatId, "x");
    await mine.edit(message, "edited", "n-0");
    for (let i = 1; i <= 20; i++) await mine.edit(message, `edit ${i}`, `n-${i}`);
    const deleted = await mine.remove(message, "n-last");
    for (const n of [0, 10, 20])
      expect(await mine.edit(message, n ? `edit ${n}` : "edited", `n-${n}`)).toEqual(deleted);
    expect(await mine.remove(message, "n-last")).toEqual(deleted);
    expect(await contents()).toEqual(["first"]);
  });

  test("for something else is NONCE_REUSED, and nothing is done", async () => {
    const [message, second] = [await mine.say(chatId, "x"), await mine.say(chatId, "y")];
    const edited = await mine.edit(message, "edited", "n-1");
    for (const payload of [
      { type: "edit", chat_id: chatId, id: message.id, content: "another" },
      { type: "edit", chat_id: chatId, id: second.id, content: "edited" },
      { type: "delete", chat_id: chatId, id: message.id },
      { type: "send", chat_id: chatId, content: "edited" },
    ])
      expect(await mine.ask("chat", { ...payload, nonce: "n-1" })).toEqual(REUSED);
    expect(await contents()).toEqual(["first", "edited", "y"]);
    expect((await mine.page(chatId)).messages[1]).toEqual(edited);
  });
});

describe("a deletion that is said again with its nonce", () => {
  test("is done once: the same message, one push", async () => {
    const message = await mine.say(chatId, "x");
    await heardOf("send", message);
    const deleted = await mine.remove(message, "n-1");
    await heardOf("delete", deleted);
    expect(await mine.remove(message, "n-1")).toEqual(deleted);
    expect(await other.remove(message, "n-1")).toEqual(deleted);
    await silence();
  });

  test("for something else is NONCE_REUSED", async () => {
    const [message, second] = [await mine.say(chatId, "x"), await mine.say(chatId, "y")];
    await mine.remove(message, "n-1");
    for (const payload of [
      { type: "delete", chat_id: chatId, id: second.id },
      { type: "edit", chat_id: chatId, id: second.id, content: "z" },
      { type: "send", chat_id: chatId, content: "z" },
    ])
      expect(await mine.ask("chat", { ...payload, nonce: "n-1" })).toEqual(REUSED);
    expect(await contents()).toEqual(["first", "y"]);
  });
});

describe("a nonce", () => {
  test("is its author's: another user may use the same, and sees none of theirs", async () => {
    const message = await mine.say(chatId, "mine", "n-1");
    await other.next("chat");
    expect(await theirs.next()).toEqual(push("send", toOthers(message)));
    const answer = await theirs.say(chatId, "theirs", "n-1");
    expect(answer).toMatchObject({ content: "theirs", nonce: "n-1", user_id: b.id });
    expect(await mine.next()).toEqual(push("send", toOthers(answer)));
    expect(await contents()).toEqual(["first", "mine", "theirs"]);
  });

  test("of a change is not the message's: that stays what it was sent with", async () => {
    const message = await mine.say(chatId, "x", "n-send");
    expect((await mine.edit(message, "y", "n-edit")).nonce).toBe("n-send");
    expect((await mine.remove(message, "n-delete")).nonce).toBe("n-send");
  });

  test("may be left out: the same again is another message then", async () => {
    const [one, two] = [await mine.say(chatId, "same"), await mine.say(chatId, "same")];
    expect(two.id).not.toBe(one.id);
    expect([one.nonce, two.nonce]).toEqual([null, null]);
    expect(await other.changes(2)).toEqual([
      { type: "send", message: one },
      { type: "send", message: two },
    ]);
    expect(await contents()).toEqual(["first", "same", "same"]);
  });

  test("has up to 64 characters of any kind; cases and spaces count", async () => {
    const nonces = [
      "n".repeat(64),
      "가".repeat(64),
      "N-1",
      "n-1",
      "n-1 ",
      " n-1",
      "é",
      "e\u0301",
      "🙂",
      "n~",
    ];
    const sent = [];
    for (const nonce of nonces) sent.push(await mine.say(chatId, `with ${JSON.stringify(nonce)}`, nonce));
    expect(sent.map(({ nonce }) => nonce)).toEqual(nonces);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(nonces.length);
    for (const [i, nonce] of nonces.entries())
      expect(await mine.say(chatId, `with ${JSON.stringify(nonce)}`, nonce)).toEqual(sent[i]);
  });

  test.each<unknown>(["n".repeat(65), "~", "~n-1", 5, true, ["n"], { n: 1 }])(
    "that is no such text is INVALID: %j",
    async (nonce) => {
      const message = await mine.say(chatId, "x");
      const target = { chat_id: chatId, id: message.id };
      for (const payload of [
        { type: "send", chat_id: chatId, content: "y" },
        { type: "edit", ...target, content: "y" },
        { type: "delete", ...target },
      ])
        expect(await mine.ask("chat", { ...payload, nonce })).toEqual(error(4000, "INVALID"));
      expect(await contents()).toEqual(["first", "x"]);
    },
  );

  test("of a request that failed is free", async () => {
    const refused = { type: "send", chat_id: chatId, content: "", nonce: "n-1" };
    expect(await mine.ask("chat", refused)).toEqual(error(4000, "INVALID"));
    expect((await mine.say(chatId, "now", "n-1")).nonce).toBe("n-1");
  });
});
