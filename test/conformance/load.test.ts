import { beforeAll, describe, expect, test } from "@jest/globals";
import { error } from "../support/answers.ts";
import type { Chat, Client } from "../support/client.ts";
import { appTime, base64, koreanTime, loadAll, loadFrame, loadPage, loadSome } from "../support/history.ts";
import { befriend, connectAs, dm, gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

const TOTAL = 230;
let server: Server;
let a: Person, b: Person, c: Person;
let mine: Client, theirs: Client, other: Client;
let chatId: string;
/** The whole conversation of a and b, as it was acknowledged. */
let messages: Chat[];

beforeAll(async () => {
  server = await startServer();
  const [first, second, third] = await registerAll(server, "ann", "ben", "cy");
  if (!first || !second || !third) throw new Error("three people");
  [a, b, c] = [first, second, third];
  mine = await connectAs(gateA(server), a);
  theirs = await connectAs(gateB(server), b);
  other = await connectAs(gateA(server), c);
  chatId = dm(a, b);
  messages = [];
  for (let i = 0; i < TOTAL; i++) {
    const [sender, reader] = i % 3 === 0 ? [theirs, mine] : [mine, theirs];
    sender.send("chat", { type: "send", chat_id: chatId, content: `message ${i}` });
    messages.push((await reader.next("chat")).payload);
    await sender.next("chat");
  }
});

/** What comes strictly before a time, told by the digits: `YYYY-MM-DD HH:MM:SS.` and a fraction of 1 to 7 digits. */
const before = (time: string) => {
  const padded = (text: string) => text.padEnd(27, "0");
  return messages.filter(({ created_at }) => padded(created_at) < padded(time));
};

describe("load chat", () => {
  test("answers up to count chat frames with type send, oldest first, the newest ones before that time", async () => {
    for (const count of [1, 2, 50, 100]) {
      expect(await loadPage(mine, chatId, koreanTime(60_000), count)).toEqual(messages.slice(-count));
    }
    await mine.expectSilence(150);
  });

  test("answers both of the conversation alike", async () => {
    expect(await loadPage(theirs, chatId, koreanTime(60_000), 30)).toEqual(messages.slice(-30));
  });

  test("fewer when there are fewer, none when there is none", async () => {
    const third = messages[3];
    expect(await loadSome(mine, chatId, appTime(third?.created_at ?? ""), 100)).toEqual(messages.slice(0, 3));
    expect(await loadSome(mine, chatId, appTime(messages[0]?.created_at ?? ""), 100)).toEqual([]);
    expect(await loadSome(mine, chatId, "1999-1-1 00:00:00.0", 100)).toEqual([]);
    expect(await loadSome(mine, dm(a, c), koreanTime(), 100)).toEqual([]);
  });

  test.each([1, 7, 50, 100])(
    "pages of %i walk the whole conversation without gaps or repeats",
    async (count) => {
      const walked: Chat[] = [];
      const limit = count === 1 ? 30 : TOTAL; // one by one, the newest 30 show it
      let time = koreanTime(60_000);
      while (walked.length < limit) {
        const left = Math.min(count, TOTAL - walked.length);
        const page = await loadPage(theirs, chatId, time, count, left);
        walked.unshift(...page);
        time = appTime(page[0]?.created_at ?? "");
      }
      expect(walked).toEqual(messages.slice(-walked.length));
      await theirs.expectSilence(100);
    },
  );

  test.each([1, 2, 3, 4, 5, 6, 7])("takes a fraction of %i digits", async (digits) => {
    for (const message of [messages[TOTAL - 1], messages[TOTAL - 40], messages[TOTAL >> 1]]) {
      const [seconds = "", fraction = ""] = (message?.created_at ?? "").split(".");
      for (const text of [`${fraction}0`.slice(0, digits), `${fraction}9`.slice(0, digits)]) {
        const expected = before(`${seconds}.${text}`).slice(-5);
        const time = appTime(message?.created_at ?? "", text);
        expect(await loadPage(mine, chatId, time, 5, expected.length)).toEqual(expected);
      }
    }
    await mine.expectSilence(100);
  });

  test("takes month and day padded or not", async () => {
    const { created_at } = messages[100] as Chat;
    const expected = messages.slice(95, 100);
    expect(await loadPage(mine, chatId, created_at, 5)).toEqual(expected);
    expect(await loadPage(mine, chatId, appTime(created_at), 5)).toEqual(expected);
    expect(await loadPage(mine, chatId, "2099-1-5 09:03:07.123000", 5)).toEqual(messages.slice(-5));
    expect(await loadPage(mine, chatId, "2099-01-05 09:03:07.123000", 5)).toEqual(messages.slice(-5));
  });

  test("leaves deleted messages out and still fills the page; edited ones come as they now are", async () => {
    const chat_id = dm(a, c);
    const ids: string[] = [];
    for (let i = 0; i < 8; i++) {
      mine.send("chat", { type: "send", chat_id, content: String(i) });
      ids.push((await other.next("chat")).payload.id);
    }
    for (const i of [5, 6]) mine.send("chat", { type: "edit", chat_id, id: ids[i], content: "" });
    mine.send("chat", { type: "edit", chat_id, id: ids[4], content: "four" });
    for (let i = 0; i < 3; i++) await other.next("chat");
    const page = await loadPage(other, chat_id, koreanTime(60_000), 4);
    expect(page.map(({ type, content }) => [type, content])).toEqual(
      ["2", "3", "four", "7"].map((it) => ["send", it]),
    );
    for (let i = 0; i < 11; i++) await mine.next("chat"); // what it did itself
  });

  test("reaches only the socket that asked", async () => {
    const second = await connectAs(gateB(server), a);
    await loadPage(mine, chatId, koreanTime(60_000), 10);
    await Promise.all([second.expectSilence(150), theirs.expectSilence(150)]);
  });

  test("of others' conversation, of oneself, of nobody, of an odd id: 4004", async () => {
    for (const id of [chatId, "0", dm(c, { id: String(BigInt(c.id) + 2n ** 40n) }), "3"]) {
      expect(await other.ask("load", loadFrame(id, koreanTime(), 10))).toEqual(error(4004));
    }
    await other.expectSilence(100);
  });

  test.each([undefined, null, 0, -1, 101, 1.5, "10", [10], 1e9])("count %j is 4000", async (count) => {
    const frame = { ...loadFrame(chatId, koreanTime(), 1), count };
    expect(await mine.ask("load", frame)).toEqual(error(4000));
    await mine.expectSilence(20);
  });

  test.each([
    undefined,
    null,
    5,
    "",
    "not base64!",
    koreanTime(), // plain, not base64
    base64(""),
    base64("yesterday"),
    base64("2026-01-05"),
    base64("2026-1-5 09:03:07."),
    base64("2026-1-5 09:03:07.12345678"),
    base64("2026-13-5 09:03:07.123000"),
    base64("2026-0-5 09:03:07.123000"),
    base64("2026-2-30 09:03:07.123000"),
    base64("2026-1-5 24:03:07.123000"),
    base64("2026-1-5 09:60:07.123000"),
    base64("2026-1-5 09:03:07.123000 OR 1=1"),
    base64("2026-1-5 09:03:07.123000\n"),
    base64("2026-1-5T09:03:07.123Z"),
  ])("datetime %j is 4000", async (datetime) => {
    const frame = { ...loadFrame(chatId, koreanTime(), 1), datetime };
    expect(await mine.ask("load", frame)).toEqual(error(4000));
    await mine.expectSilence(20);
  });
});

describe("load mutual_users", () => {
  test("answers a frame of type mutual_users whose payload is the list of friends", async () => {
    const [me, x, y] = await registerAll(server, "me", "x", "y");
    if (!me || !x || !y) throw new Error("three people");
    const sockets = await Promise.all([me, x, y].map((person) => connectAs(gateA(server), person)));
    const [my, xs, ys] = sockets;
    if (!my || !xs || !ys) throw new Error("three sockets");
    const friendsOf = (client: Client) => client.ask("load", { type: "mutual_users" });
    const user = ({ id, name }: Person) => ({ id, name, profile: null });
    expect(await friendsOf(my)).toEqual({ type: "mutual_users", payload: [] });
    await befriend(my, me.name, xs, x.name);
    expect(await friendsOf(my)).toEqual({ type: "mutual_users", payload: [user(x)] });
    await befriend(my, me.name, ys, y.name);
    const both = await friendsOf(my);
    expect(both.payload).toHaveLength(2);
    expect(both.payload).toEqual(expect.arrayContaining([user(x), user(y)]));
    expect(await friendsOf(xs)).toEqual({ type: "mutual_users", payload: [user(me)] });
  });

  test("there is still the whole history afterwards", async () => {
    expect(await loadAll(theirs, chatId)).toEqual(messages);
  });
});
