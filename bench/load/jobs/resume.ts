import { setTimeout as pause } from "node:timers/promises";
import { otherId } from "../../systems/seed.ts";
import type { Client } from "../client.ts";
import { errorOf, openFrames, rewind, type Frame, type FrameClient } from "../frames.ts";
import { distribution } from "../numbers.ts";
import { each, signIn, user, type Stage } from "../stage.ts";
import { startTalkers } from "../talkers.ts";

const AT_ONCE = 20;
const ALONE = 20;
/** Errors that pass, and when to ask again where it is not said. */
const PASSING = new Set(["UNAVAILABLE", "BUSY"]);
const AGAIN_MS = 150;
const WITHIN_MS = 30_000;
const TALK_EVERY_MS = 50;

type Return = { ms: number; refused: number; client?: Client };

/** Asks until there is an answer, as a client by the book does. @returns how often it was told to ask later */
async function insist(client: FrameClient, type: string, payload: object): Promise<number> {
  const deadline = performance.now() + WITHIN_MS;
  for (let refused = 0; ; refused += 1) {
    const reply = await new Promise<Frame>((resolve) => client.ask(type, payload, resolve));
    if (reply.type !== "error") return refused;
    if (!PASSING.has(errorOf(reply)) || performance.now() > deadline) throw new Error(errorOf(reply));
    await pause(Number(reply.payload?.["retry_after_ms"] ?? AGAIN_MS));
  }
}

/** Comes back as the n-th of those who were away. @returns how long it took to its `sync`, in ms */
async function comeBack(stage: Stage, nth: number): Promise<Return> {
  const begun = performance.now();
  const [from, missed] = [stage.setting("talkers"), stage.setting("missed")];
  const cursors = { [otherId(nth)]: stage.setting("messages") - missed };
  try {
    const who = user(stage, from + nth);
    const client = await openFrames(rewind, { url: stage.urlFor(nth), user: who });
    let told = 0;
    client.onMessage = () => (told += 1);
    const refused =
      (await insist(client, "auth", { auth: who.token })) + (await insist(client, "sync", { cursors }));
    const ms = performance.now() - begun;
    if (told !== missed) stage.failed("NOT_WHAT_WAS_MISSED");
    return { ms, refused, client };
  } catch (error) {
    stage.failed(`RESUME: ${(error as Error).message}`);
    return { ms: performance.now() - begun, refused: 0 };
  }
}

/** Clients are all cut at once and come back at once, while others chat; before that, one comes back by itself. */
export async function resume(stage: Stage): Promise<Record<string, number>> {
  const [count, talking] = [stage.setting("clients"), stage.setting("talkers")];
  const talkers = await startTalkers(stage, talking, TALK_EVERY_MS);
  const clients = await each(count, AT_ONCE, (nth) => signIn(stage, talking + nth, nth));
  stage.progress(`${count} clients are connected`);
  await pause(1_000);

  const quiet = performance.now();
  const alone: number[] = [];
  for (let nth = 0; nth < Math.min(ALONE, count); nth += 1) {
    await clients[nth]?.cut();
    const { ms, client } = await comeBack(stage, nth);
    alone.push(ms);
    if (client) clients[nth] = client;
  }
  const before = await talkers.slowestSince(quiet);

  await stage.mark("begin");
  const storm = performance.now();
  await Promise.all(clients.map((client) => client.cut()));
  const back = await Promise.all(clients.map((_, nth) => comeBack(stage, nth)));
  const lastedMs = performance.now() - storm;
  await stage.mark("end");
  const during = await talkers.slowestSince(storm);
  talkers.stop();
  return {
    ...distribution("alone", alone, [0.5]),
    ...distribution(
      "resume",
      back.map(({ ms }) => ms),
      [0.5, 0.99],
    ),
    ...{
      "told to ask later": back.reduce((sum, { refused }) => sum + refused, 0),
      "all back after ms": lastedMs,
      "slowest send before ms": before,
      "slowest send meanwhile ms": during,
    },
  };
}
