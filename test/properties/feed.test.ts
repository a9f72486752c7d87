import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import type { Logger } from "moleculer";
import type { Call } from "../../gateway/call.ts";
import { Feed, type Change } from "../../gateway/feed.ts";
import { changesRepository } from "../../services/chat/changes.repository.ts";
import { chatRepository } from "../../services/chat/chat.repository.ts";
import type { ActionName, InputOf } from "../../services/common/bus.ts";
import { appendingRepository } from "../../services/chat/appending.repository.ts";
import { revisingRepository } from "../../services/chat/revising.repository.ts";
import { openStore, type Store } from "../../services/common/db.ts";
import { fault } from "../../services/common/errors.ts";
import { leaseIds, type Ids } from "../../services/common/ids.ts";
import { noMeter } from "../../services/common/metrics.ts";
import { check } from "./check.ts";

/** The feed of one user over chat's own store, by a bus that loses pushes, repeats them and crosses them. */
type Step = {
  what: "send" | "edit" | "delete";
  /** Which of the messages that are there. */
  which: number;
  fate: "pushed" | "lost" | "twice";
  /** After how many more steps it arrives. */
  late: number;
  pauseMs: number;
};
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom("send", "send", "edit", "delete"),
  which: fc.nat(20),
  fate: fc.constantFrom("pushed", "pushed", "pushed", "lost", "twice"),
  late: fc.constantFrom(0, 0, 0, 1, 2, 5),
  pauseMs: fc.constantFrom(0, 0, 0, 0, 20, 80),
});
const scenario = fc.record({
  before: fc.array(step, { maxLength: 5 }),
  during: fc.array(step, { maxLength: 5 }),
  live: fc.array(step, { minLength: 1, maxLength: 40 }),
  /** Which calls of chat fail, by their number. */
  failing: fc.uniqueArray(fc.nat(6), { maxLength: 3 }),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;

let dir: string, store: Store, ids: Ids;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "rewind-test-"));
  store = await openStore("chat", { dataDir: dir, mysqlUrl: undefined, mysqlPrefix: "" });
  ids = await leaseIds(store, "test");
});
afterAll(async () => {
  await ids.release();
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A new pair of users with a conversation. */
const newRoom = async () => {
  const pair = { lowId: ids.next("user"), highId: ids.next("user") };
  const repository = chatRepository(store, ids);
  const { append } = appendingRepository(store, ids);
  const { revise } = revisingRepository(store);
  const room = await repository.createRoom(pair);
  let nonces = 0;
  const alive: string[] = [];
  const act = async ({ what, which }: Step): Promise<Change | undefined> => {
    const nonce = `${pair.lowId}.${(nonces += 1)}`;
    const by = { authorId: pair.lowId, nonce };
    if (what === "send") {
      const run = { conversationId: room.id, authorId: pair.lowId, drafts: [{ content: nonce, nonce }] };
      const [outcome] = await append(run, () => {});
      if (outcome?.status !== "fulfilled") throw outcome?.reason;
      const { value: message } = outcome;
      alive.push(message.id);
      return { change: "sent", message, nonce };
    }
    const messageId = alive[which % Math.max(1, alive.length)];
    if (messageId === undefined) return undefined;
    if (what === "delete") alive.splice(alive.indexOf(messageId), 1);
    const content = what === "delete" ? null : nonce;
    const message = await revise(room, { ...by, messageId, content });
    return { change: content === null ? "deleted" : "edited", message, nonce };
  };
  const stored = async () =>
    (await repository.before(room, Number.MAX_SAFE_INTEGER, 100)).map(({ id, content }) => [id, content]);
  return { pair, act, stored };
};

const log = { warn() {}, error() {} } as unknown as Logger;

/** What a client shows who believes every push, and is told when one makes no sense. */
const viewerOf = (shown: Map<string, string>, failures: string[]) => {
  let seq = 0;
  return ({ change, message }: Change) => {
    const nonsense = [
      message.seq <= seq && "out of order",
      change === "sent" && shown.has(message.id) && "sent twice",
      change === "edited" && !shown.has(message.id) && "edited before it was sent",
    ].filter(Boolean);
    if (nonsense.length > 0) failures.push(`${nonsense.join()}: ${JSON.stringify({ change, message })}`);
    seq = message.seq;
    if (change === "deleted") shown.delete(message.id);
    else shown.set(message.id, message.content);
  };
};

const play = async ({ before, during, live, failing }: Scenario) => {
  const { pair, act, stored } = await newRoom();
  for (const it of before) await act(it);
  const chat = changesRepository(store);
  let calls = 0;
  /** Nothing can be known of what is lost before the feed knows where it begins. */
  const bus = { mayLose: false };
  const call = (async (action: ActionName, asked: object) => {
    calls += 1;
    await pause(1);
    if (failing.includes(calls)) throw fault("UNAVAILABLE");
    const { userId, after, conversationId } = asked as InputOf<"chat.changes">;
    if (action !== "chat.cursors") return chat.changes(userId, conversationId, after, 3); // in pages of 3
    bus.mayLose = true;
    return chat.cursors(userId, after as never);
  }) as unknown as Call;

  const shown = new Map((await stored()) as [string, string][]);
  const failures: string[] = [];
  const feed = new Feed({
    userId: pair.highId,
    call,
    log,
    meter: noMeter,
    deliver: viewerOf(shown, failures),
    late() {},
  });

  const onTheWay: { at: number; change: Change }[] = [];
  const run = async (steps: Step[]) => {
    for (const [i, it] of [...steps, ...Array<undefined>(6)].entries()) {
      const change = it && (await act(it));
      if (it && change && !(bus.mayLose && it.fate === "lost"))
        for (const _ of it.fate === "twice" ? [1, 2] : [1]) onTheWay.push({ at: i + it.late, change });
      for (const arrived of onTheWay.filter(({ at }) => at <= i)) {
        onTheWay.splice(onTheWay.indexOf(arrived), 1);
        feed.receive(arrived.change);
      }
      if (it) await pause(it.pauseMs);
    }
  };
  await run(during); // subscribed, the cursors not read yet
  await feed.open();
  await run(live);
  while (!bus.mayLose) await pause(20); // it goes on trying to open
  await feed.catchUp().catch(() => {}); // its caller tries again; so does what is waited for here
  const [{ conversationId, lastSeq } = { conversationId: "", lastSeq: 0 }] = await chat.cursors(pair.highId);
  while (!(await feed.reached({ conversationId, seq: lastSeq })));
  feed.close();
  expect(failures).toEqual([]);
  expect([...shown].toSorted()).toEqual((await stored()).toSorted());
};

test("whatever a bus does with pushes, a socket sees each change once, in order, and in the end all of them", async () => {
  const four = fc.tuple(scenario, scenario, scenario, scenario); // side by side: a scenario mostly waits
  const property = fc.asyncProperty(four, async (some) => void (await Promise.all(some.map(play))));
  await check(property, 25, { endOnFailure: true }); // to shrink one would take minutes
}, 120_000);
