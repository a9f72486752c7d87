import { setTimeout as pause } from "node:timers/promises";
import { answerTo } from "../client.ts";
import { numbered } from "../contents.ts";
import { pump, traffic as nothingYet } from "../pairs.ts";
import { settles } from "../settle.ts";
import { beating, each, signIn, user, type Stage } from "../stage.ts";

const AT_ONCE = 20;

/** User 0 has many sockets, and user 1 writes to it. What arrives is counted and not read: that is not what is measured. */
export async function fanOut(stage: Stage): Promise<Record<string, number>> {
  const sockets = stage.setting("sockets");
  const receivers = await each(sockets, AT_ONCE, (nth) => signIn(stage, 0, nth));
  const sender = await signIn(stage, 1);
  const peer = { user_id: user(stage, 0).id };
  let pushed = 0;
  const { error } = await answerTo(sender, peer, numbered(0));
  if (error !== undefined) throw new Error(error);
  for (const receiver of receivers) receiver.count(() => (pushed += 1));
  const stop = beating([sender]); // the others would count what comes back, and live for long enough without
  await pause(200);
  pushed = 0;

  const traffic = nothingYet();
  pump(stage, { sender, peer }, { unacked: stage.setting("unacked"), traffic });
  await pause(stage.setting("warmUpMs"));
  await stage.mark("begin");
  const before = { acked: traffic.acked, pushed, at: performance.now() };
  await pause(stage.setting("measureMs"));
  const seconds = (performance.now() - before.at) / 1000;
  const [acked, pushes] = [traffic.acked - before.acked, pushed - before.pushed];
  await stage.mark("end");

  traffic.isOver = true;
  await settles(() => traffic.acked + traffic.failed === traffic.sent);
  await settles(() => pushed >= traffic.acked * sockets);
  stop();
  stage.failed("NOT_PUSHED", traffic.acked * sockets - pushed);
  return { "pushes/s": pushes / seconds, "acked/s": acked / seconds, acked };
}
