import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Client, RewindError } from "../../sdk/src/index.ts";
import { until } from "../support/cluster.ts";
import { gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { changesOf, next, onlineAs } from "./clients.ts";

let server: Server;
let a: Person, b: Person;
let mine: Client, other: Client, theirs: Client;

beforeAll(async () => {
  server = await startServer();
});
beforeEach(async () => {
  [a, b] = (await registerAll(server, "ann", "ben")) as [Person, Person];
  [mine, other, theirs] = await Promise.all([
    onlineAs(gateA(server), a),
    onlineAs(gateB(server), a),
    onlineAs(gateB(server), b),
  ]);
});

describe("messages", () => {
  test("are sent, edited, deleted and loaded; all devices are told of each change once, in order", async () => {
    const heard = [mine, other, theirs].map(changesOf);
    const first = await mine.send({ user_id: b.id }, "first");
    const { chat_id } = first;
    const second = await theirs.send({ chat_id }, "second");
    const edited = await mine.edit(first, "first, edited");
    const deleted = await theirs.remove(second);
    const last = await other.send({ chat_id }, "last");
    expect(edited).toMatchObject({ id: first.id, content: "first, edited", seq: 3, sent_seq: 1 });
    expect(deleted).toMatchObject({ id: second.id, content: "", deleted: true });
    await until("all told", () => heard.every((changes) => changes.length === 5));
    const expected = ["1 send first", "2 send second", "3 edit first, edited", "4 delete ", "5 send last"];
    for (const changes of heard)
      expect(changes.map(({ type, message: { seq, content } }) => `${seq} ${type} ${content}`)).toEqual(
        expected,
      );
    const page = await theirs.history(chat_id);
    expect(page.messages.map(({ content }) => content)).toEqual(["first, edited", "last"]);
    expect((await theirs.history(chat_id, { before: last.sent_seq, count: 1 })).messages).toHaveLength(1);
    expect((await mine.chats()).chats).toMatchObject([{ chat_id, last_seq: 5, peer: { name: b.name } }]);
  });

  test("asked for in a row come in that order, whichever way the chat is named", async () => {
    const { chat_id } = await mine.send({ user_id: b.id }, "0");
    const heard = changesOf(theirs);
    const contents = Array.from({ length: 40 }, (_, i) => String(i + 1));
    await Promise.all(
      contents.map((content, i) => mine.send(i % 3 ? { chat_id } : { user_id: b.id }, content)),
    );
    await until("all told", () => heard.length === contents.length);
    expect(heard.map(({ message }) => message.content)).toEqual(contents);
  });

  test("that are refused reject, and what follows is sent", async () => {
    const { chat_id } = await mine.send({ user_id: b.id }, "first");
    const refused = mine.send({ chat_id }, "");
    const after = mine.send({ chat_id }, "after");
    const error = (await refused.catch((reason: unknown) => reason)) as RewindError;
    expect(error).toMatchObject({ name: "RewindError", type: "INVALID", code: 4000, outcome: "not_done" });
    expect((await after).content).toBe("after");
    const foreign = await theirs.send({ chat_id }, "not yours");
    await expect(mine.edit(foreign, "mine")).rejects.toMatchObject({ type: "NOT_AUTHOR" });
    expect(mine.outbox).toEqual([]);
  });
});

describe("the rest", () => {
  test("read reaches one's other devices, typing the other user", async () => {
    const { chat_id } = await mine.send({ user_id: b.id }, "first");
    const typing = next(mine, "typing");
    theirs.typing(chat_id);
    theirs.typing(chat_id); // said once
    expect(await typing).toEqual({ chat_id, user_id: b.id, expires_in_ms: 10_000 });
    const reply = await theirs.send({ chat_id }, "second");
    const read = next(other, "read");
    expect(await mine.read(chat_id, reply.sent_seq)).toEqual({ chat_id, seq: 2, unread: 0 });
    expect(await read).toEqual({ chat_id, seq: 2, unread: 0 });
  });

  test("me, friends and requests follow what happens", async () => {
    const names = (users: readonly { name: string }[]) => users.map(({ name }) => name);
    expect([mine.me?.id, mine.friends, mine.requests]).toEqual([a.id, [], []]);
    await mine.requestFriend(b.name);
    await until("asked", () => names(theirs.requests)[0] === a.name);
    await theirs.acceptFriend(a.name);
    expect([names(theirs.friends), theirs.requests]).toEqual([[a.name], []]);
    await until("friends", () => [mine, other].every(({ friends }) => names(friends)[0] === b.name));
    const profile = "https://example.org/ben.png";
    expect(await theirs.setProfile(profile)).toMatchObject({ id: b.id, profile });
    expect(theirs.me?.profile).toBe(profile);
    await until("told", () => mine.friends[0]?.profile === profile);
    expect(await mine.user({ name: b.name })).toEqual(theirs.me);
    await mine.endFriendship(b.name);
    await until("strangers", () => [mine, other, theirs].every(({ friends }) => friends.length === 0));
    await mine.requestFriend(b.name);
    await until("asked", () => theirs.requests.length === 1);
    await theirs.declineFriend(a.name);
    expect(theirs.requests).toEqual([]);
    await expect(mine.requestFriend("nobody-of-that-name")).rejects.toMatchObject({ type: "USER_NOT_FOUND" });
  });
});
