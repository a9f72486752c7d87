import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Change, Client, Message, RewindError, State } from "../../sdk/src/index.ts";
import { relayTo } from "../conformance-v2/relay.ts";
import { until } from "../support/cluster.ts";
import { gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { changesOf, clientOf, historyOf, MemoryStorage, next, onlineAs, ready } from "./clients.ts";

const MESSAGES = 300;
const CUTS = 30;
const HURRY = { interval_ms: 100, timeout_ms: 500 };

let server: Server;
let a: Person, b: Person, c: Person;
beforeAll(async () => {
  server = await startServer();
});
beforeEach(async () => {
  [a, b, c] = (await registerAll(server, "ann", "ben", "cy")) as [Person, Person, Person];
});

const contents = (messages: Message[]) => messages.map(({ content }) => content);
const numbers = (count: number) => Array.from({ length: count }, (_, i) => `message ${i}`);
/** What somebody has who does as they are told. */
const shown = (changes: Change[]) => {
  const messages = new Map<string, Message>();
  for (const { message } of changes) messages.set(message.id, message);
  return [...messages.values()].filter(({ deleted }) => !deleted);
};
const statesOf = (client: Client) => {
  const states: State[] = [];
  client.on("state", (state) => states.push(state));
  return states;
};
const thrown = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as RewindError,
  );

test(`cut ${CUTS} times while ${MESSAGES} messages are sent, all are there once and in order, and both are told so`, async () => {
  const relay = await relayTo(gateB(server));
  const mine = await onlineAs(relay.url, a);
  const theirs = await onlineAs(relay.url, b);
  const heard = [mine, theirs].map(changesOf);
  const reloads: string[] = [];
  for (const client of [mine, theirs]) client.on("reload", ({ chat_id }) => reloads.push(chat_id));
  const states = statesOf(mine);

  const sent: Promise<Message>[] = [];
  const wanted = numbers(MESSAGES);
  for (let cut = 0; cut < CUTS; cut++) {
    for (const content of wanted.slice(sent.length, ((cut + 1) * MESSAGES) / CUTS))
      sent.push(mine.send({ user_id: b.id }, content));
    if (cut % 3 === 1)
      sent
        .at(-3)
        ?.then((message) => mine.edit(message, `${message.content}!`))
        .catch(() => {});
    if (cut % 2 === 0) await Promise.all([ready(mine), ready(theirs)]);
    await pause(Math.random() * 60);
    relay.cut();
    await pause(Math.random() * 20);
    relay.mend();
  }
  const answers = await Promise.all(sent);
  await until("no more to be said", () => mine.outbox.length === 0);
  await ready(theirs);

  const stored = await historyOf(mine, answers[0]?.chat_id ?? "");
  expect(contents(stored).map((content) => content.replace("!", ""))).toEqual(wanted);
  expect(stored.filter(({ content }) => content.endsWith("!"))).toHaveLength(CUTS / 3);
  const theirStored = stored.map((message) => ({ ...message, nonce: null }));
  await until("both are told", () => heard.every((all) => all.at(-1)?.message.seq === 310), 5_000);
  for (const changes of heard) {
    const seqs = changes.map(({ message: { seq } }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].toSorted((one, other) => one - other));
  }
  expect(shown(heard[0] ?? []).toSorted((x, y) => x.sent_seq - y.sent_seq)).toEqual(stored);
  expect(shown(heard[1] ?? []).toSorted((x, y) => x.sent_seq - y.sent_seq)).toEqual(theirStored);
  expect(reloads).toEqual([]);
  expect(states.filter((state) => state === "reconnecting").length).toBeGreaterThan(CUTS / 3);
}, 60_000);

describe("while there is no connection", () => {
  test("what is sent waits, and is sent once, in order; what is asked for waits too", async () => {
    const relay = await relayTo(gateA(server));
    const mine = await onlineAs(relay.url, a);
    const theirs = await onlineAs(gateB(server), b);
    const heard = changesOf(theirs);
    const { chat_id } = await mine.send({ user_id: b.id }, "before");
    relay.cut();
    await next(mine, "state");
    const outboxes: number[] = [];
    mine.on("outbox", () => outboxes.push(mine.outbox.length));
    const sent = ["1", "2", "3"].map((content) => mine.send({ chat_id }, content));
    const page = mine.history(chat_id);
    await theirs.send({ chat_id }, "from there");
    await pause(300);
    expect(mine.state).toBe("reconnecting");
    expect(mine.outbox).toMatchObject(
      ["1", "2", "3"].map((content) => ({ type: "send", chat_id, content, tries: 0 })),
    );
    relay.mend();
    await Promise.all(sent);
    expect((await page).messages.length).toBeGreaterThanOrEqual(2);
    await until("told", () => heard.length === 5);
    expect(contents(heard.map(({ message }) => message))).toEqual(["before", "from there", "1", "2", "3"]);
    expect(mine.outbox).toEqual([]);
    expect([Math.max(...outboxes), outboxes.at(-1)]).toEqual([3, 0]);
  });

  test("close rejects what waits, with an honest outcome", async () => {
    const relay = await relayTo(gateA(server));
    const mine = await onlineAs(relay.url, a);
    relay.cut();
    await next(mine, "state");
    const [sent, asked] = [thrown(mine.send({ user_id: b.id }, "1")), thrown(mine.chats())];
    mine.close();
    expect(await sent).toMatchObject({ type: "CLOSED", outcome: "not_done" });
    expect(await asked).toMatchObject({ type: "CLOSED" });
    expect(await thrown(mine.send({ user_id: b.id }, "2"))).toMatchObject({ type: "CLOSED" });
    expect(mine.state).toBe("closed");
  });
});

describe("a storage", () => {
  test("keeps what was not answered through a reload, and it is done once, even where it was done before", async () => {
    const storage = new MemoryStorage();
    const relay = await relayTo(gateA(server));
    const theirs = await onlineAs(gateB(server), b);
    const heard = changesOf(theirs);
    for (let i = 0; i < 8; i++) {
      const mine = await onlineAs(relay.url, a, { storage });
      await until("sent", () => mine.outbox.length === 0);
      for (const content of numbers(3)) thrown(mine.send({ user_id: b.id }, `${i} ${content}`));
      await pause(i % 4); // the first may have been sent, and answered
      relay.cut();
      mine.close(); // the page is gone
      relay.mend();
    }
    const last = await onlineAs(relay.url, a, { storage });
    await until("sent", () => last.outbox.length === 0);
    expect(storage.load()).toEqual([]);
    const wanted = Array.from({ length: 8 }, (_, i) => numbers(3).map((content) => `${i} ${content}`)).flat();
    await until("told", () => heard.length >= wanted.length);
    expect(contents(heard.map(({ message }) => message))).toEqual(wanted);
  });

  test("that two clients share loses nothing, and doubles nothing", async () => {
    const storage = new MemoryStorage();
    const relay = await relayTo(gateA(server));
    relay.cut();
    const tabs = [0, 1].map(() => clientOf(relay.url, a, { storage }));
    const [one, two] = tabs as [Client, Client];
    await pause(50);
    for (const content of ["1", "2"]) thrown(one.send({ user_id: b.id }, content));
    thrown(two.send({ user_id: c.id }, "other tab"));
    expect(storage.load()).toHaveLength(3);
    one.close();
    const third = clientOf(relay.url, a, { storage });
    await until("taken over", () => third.outbox.length === 3);
    relay.mend();
    await until("sent", () => [two, third].every(({ outbox }) => outbox.length === 0));
    await until("saved", () => storage.load().length === 0);
    const { chats } = await third.chats();
    expect(chats.map(({ last_message: { content, seq } }) => [content, seq]).toSorted()).toEqual([
      ["2", 2],
      ["other tab", 1],
    ]);
  });

  test("that fails is an error event, and nothing else fails", async () => {
    const fail = () => {
      throw new Error("the disk is full");
    };
    const mine = clientOf(gateA(server), a, { storage: { load: () => [], save: fail } });
    const error = next(mine, "error");
    expect((await mine.send({ user_id: b.id }, "1")).content).toBe("1");
    expect(await error).toMatchObject({ type: "STORAGE", outcome: "not_done" });
  });

  test("with something that is refused tells of that by an error event, once", async () => {
    const storage = new MemoryStorage();
    storage.save([{ type: "send", nonce: "kept", at: 0, tries: 1, user_id: b.id, content: "" }]);
    const mine = clientOf(gateA(server), a, { storage });
    expect(await next(mine, "error")).toMatchObject({ type: "INVALID", outcome: "not_done" });
    expect([mine.outbox, storage.load()]).toEqual([[], []]);
  });
});

describe("coming back", () => {
  test("with cursors of an earlier client tells what was missed", async () => {
    const first = await onlineAs(gateA(server), a);
    const theirs = await onlineAs(gateB(server), b);
    const { chat_id } = await first.send({ user_id: b.id }, "known");
    const { cursors } = first;
    first.close();
    await theirs.send({ chat_id }, "missed");
    const second = clientOf(gateB(server), a, { cursors });
    const heard = changesOf(second);
    expect(await next(second, "ready")).toEqual({ resumed: true });
    expect(contents(heard.map(({ message }) => message))).toEqual(["missed"]);
  });

  test("after too much was missed says reload, and goes on from there", async () => {
    const theirs = await onlineAs(gateB(server), b);
    const { chat_id } = await theirs.send({ user_id: a.id }, "1");
    const mine = clientOf(gateA(server), a, { cursors: { [chat_id]: 1_000_000 } });
    const heard = changesOf(mine);
    expect(await next(mine, "reload")).toEqual({ chat_id });
    expect(contents((await mine.history(chat_id)).messages)).toEqual(["1"]);
    const second = await theirs.send({ chat_id }, "2");
    await until("told", () => heard.length === 1);
    expect(heard[0]?.message).toEqual({ ...second, nonce: null });
    expect(mine.cursors).toEqual({ [chat_id]: 2 });
  });

  test("with more cursors than go into a frame begins anew, which `ready` alone says", async () => {
    const cursors = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`38352071306${i}`, 1]));
    const mine = clientOf(gateA(server), a, { cursors });
    const reloads: string[] = [];
    mine.on("reload", ({ chat_id }) => reloads.push(chat_id));
    expect(await next(mine, "ready")).toEqual({ resumed: false });
    expect(reloads).toEqual([]);
  });

  test("a chat that one had before is not told anew", async () => {
    const theirs = await onlineAs(gateB(server), b);
    await theirs.send({ user_id: a.id }, "before");
    const relay = await relayTo(gateA(server));
    const mine = await onlineAs(relay.url, a);
    const heard = changesOf(mine);
    relay.cut();
    await next(mine, "state");
    relay.mend();
    await next(mine, "ready");
    await theirs.send({ user_id: a.id }, "after");
    await until("told", () => heard.length > 0);
    expect(contents(heard.map(({ message }) => message))).toEqual(["after"]);
  });
});

describe("the server", () => {
  test("that does not know the token ends the client, with an error", async () => {
    const mine = clientOf(gateA(server), { token: "nonsense" });
    const [sent, error] = [thrown(mine.send({ user_id: b.id }, "1")), next(mine, "error")];
    expect(mine.state).toBe("connecting");
    expect(await error).toMatchObject({ type: "BAD_TOKEN", outcome: "not_done" });
    expect(await sent).toMatchObject({ type: "CLOSED", outcome: "not_done" });
    expect(mine.state).toBe("closed");
  });

  test("that is killed and started again is found again, and nothing is lost or doubled", async () => {
    const [mine, theirs] = [await onlineAs(gateA(server), a), await onlineAs(gateB(server), b)];
    const heard = changesOf(theirs);
    const sent = numbers(60).map((content) => mine.send({ user_id: b.id }, content));
    await sent[10];
    await server.kill();
    await server.restart();
    const answers = await Promise.all(sent);
    expect(contents(answers)).toEqual(numbers(60));
    await until("told", () => heard.length === 60, 10_000);
    expect(contents(heard.map(({ message }) => message))).toEqual(numbers(60));
  }, 60_000);

  test("that says nothing any more is taken for gone", async () => {
    const mine = await onlineAs(gateA(server), a, { heartbeat: HURRY });
    await pause(700);
    expect(mine.state).toBe("online"); // as long as it answers
    process.kill(server.pid, "SIGSTOP");
    const begun = performance.now();
    const sent = mine.send({ user_id: b.id }, "is anybody there?");
    expect(await next(mine, "state")).toBe("reconnecting");
    expect(performance.now() - begun).toBeLessThan(1_500);
    process.kill(server.pid, "SIGCONT");
    expect((await sent).content).toBe("is anybody there?");
    expect((await historyOf(mine, (await sent).chat_id)).length).toBe(1);
  });
});
