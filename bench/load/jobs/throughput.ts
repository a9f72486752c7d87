import { setTimeout as pause } from "node:timers/promises";
import { openPairs, pump, traffic as nothingYet } from "../pairs.ts";
import { settles } from "../settle.ts";
import { beating, type Stage } from "../stage.ts";

/** Closed loop: each sender of a pair keeps so many sends unanswered. */
export async function throughput(stage: Stage): Promise<Record<string, number>> {
  const pairs = await openPairs(stage, stage.setting("pairs"));
  stage.progress(`${pairs.length} pairs are connected`);
  const stop = beating(pairs.flatMap(({ sender, receiver }) => [sender, receiver]));
  const traffic = nothingYet();
  let pushed = 0;
  for (const { receiver } of pairs) receiver.onMessage = () => (pushed += 1);
  for (const pair of pairs) pump(stage, pair, { unacked: stage.setting("unacked"), traffic });
  await pause(stage.setting("warmUpMs"));

  await stage.mark("begin");
  const before = { acked: traffic.acked, pushed, at: performance.now() };
  await pause(stage.setting("measureMs"));
  const seconds = (performance.now() - before.at) / 1000;
  const [acked, pushes] = [traffic.acked - before.acked, pushed - before.pushed];
  await stage.mark("end");

  traffic.isOver = true;
  await settles(() => traffic.acked + traffic.failed === traffic.sent);
  await settles(() => pushed >= traffic.acked);
  stop();
  stage.failed("UNANSWERED", traffic.sent - traffic.acked - traffic.failed);
  stage.failed("NOT_PUSHED", traffic.acked - pushed);
  return { "acked/s": acked / seconds, "pushes/s": pushes / seconds, acked };
}
