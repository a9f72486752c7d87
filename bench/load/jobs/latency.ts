import { numbered, numberIn } from "../contents.ts";
import { distribution } from "../numbers.ts";
import { openPairs } from "../pairs.ts";
import { settles } from "../settle.ts";
import { beating, type Stage } from "../stage.ts";

/** The due times of messages: the n-th is due `interval` after the one before, whatever became of that. */
async function openLoop(count: number, intervalMs: number, send: (nth: number, due: number) => void) {
  const begun = performance.now() + intervalMs;
  const { promise, resolve } = Promise.withResolvers<void>();
  let next = 0;
  const step = () => {
    for (const now = performance.now(); next < count && begun + next * intervalMs <= now; next += 1)
      send(next, begun + next * intervalMs);
    if (next === count) return resolve();
    setTimeout(step, Math.max(0, begun + next * intervalMs - performance.now()));
  };
  step();
  await promise;
}

/** A server that has just been started is slow: what it does is compiled as it is done often. */
const WARM_UP_INTERVAL_MS = 1;

/** Open loop: latencies are counted from when a message was due, so that a stall counts for all that it delays. */
export async function latency(stage: Stage): Promise<Record<string, number>> {
  const pairs = await openPairs(stage, stage.setting("pairs"));
  stage.progress(`${pairs.length} pairs are connected`);
  const stop = beating(pairs.flatMap(({ sender, receiver }) => [sender, receiver]));
  const interval = 1000 / stage.setting("rate");
  const unmeasured = Math.ceil(stage.setting("warmUpMs") / WARM_UP_INTERVAL_MS);
  const count = unmeasured + Math.ceil(stage.setting("measureMs") / interval);
  const dues: number[] = [];
  const [acks, pushes]: [number[], number[]] = [[], []];
  let answered = 0;
  let pushed = 0;

  const hearPush = (content: string) => {
    const nth = numberIn(content);
    pushed += 1;
    if (nth >= unmeasured) pushes.push(performance.now() - (dues[nth] ?? 0));
  };
  for (const { receiver } of pairs) receiver.onMessage = hearPush;
  const send = (nth: number, due: number) => {
    const pair = pairs[nth % pairs.length];
    dues.push(due);
    pair?.sender.send(pair.peer, numbered(nth), ({ error }) => {
      answered += 1;
      if (error !== undefined) stage.failed(error);
      else if (nth >= unmeasured) acks.push(performance.now() - due);
    });
  };
  await openLoop(unmeasured, WARM_UP_INTERVAL_MS, send);
  await settles(() => answered === unmeasured && pushed === unmeasured);
  await stage.mark("begin");
  await openLoop(count - unmeasured, interval, (nth, due) => send(unmeasured + nth, due));
  await settles(() => answered === count && pushed === count);
  await stage.mark("end");
  stop();
  stage.failed("UNANSWERED", count - answered);
  stage.failed("NOT_PUSHED", answered - pushed);
  return { ...distribution("ack", acks), ...distribution("push", pushes), answered: answered - unmeasured };
}
