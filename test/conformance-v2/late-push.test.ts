import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { gateA, registerAll, type Person } from "../support/people.ts";
import { atEnd, startServer } from "../support/server.ts";
import { history, online, push, SILENCE_MS, signedIn, toOthers } from "./device.ts";

/** So long what a gateway read of a user's chats is as good as reading it again. */
const RECENT_MS = 5_000;
const LATE_MS = 2_500;

test("a message that a sync told of before its push came is not new once more when it is edited", async () => {
  const folder = mkdtempSync(join(tmpdir(), "rewind-failpoints-"));
  atEnd(() => rmSync(folder, { recursive: true }));
  const failpoints = join(folder, "failpoints");
  writeFileSync(failpoints, "");
  const server = await startServer({ FAILPOINTS: failpoints });
  const url = gateA(server);
  const [a, b] = (await registerAll(server, "ann", "ben")) as [Person, Person];
  const [mine, theirs] = [await online(url, a), await online(url, b)];
  const { chat_id } = await mine.tell(b.id, "first");
  await theirs.next("chat");
  await pause(RECENT_MS);

  writeFileSync(failpoints, `chat.committed pause ${LATE_MS}\n`);
  process.kill(server.pid, "SIGUSR2");
  const late = mine.tell(b.id, "committed, and told of late");
  const reader = await signedIn(url, a);
  while ((await history(reader, chat_id)).length < 2) await pause(10);
  const [, message] = await history(reader, chat_id);
  if (!message) throw new Error("there are two");

  const back = await online(url, b, { [chat_id]: 1 });
  expect(await back.next()).toEqual(push("send", toOthers(message)));
  const edited = await reader.edit(message, "edited"); // its push shows that one before was missed
  expect(await back.next()).toEqual(push("edit", toOthers(edited)));
  expect(await theirs.next()).toEqual(push("send", toOthers(edited))); // who did not know it hears of it as new
  expect(await late).toEqual({ ...edited, nonce: null }); // answered as it now stands
  await Promise.all([back, theirs].map((device) => device.expectSilence(SILENCE_MS)));
}, 40_000);
