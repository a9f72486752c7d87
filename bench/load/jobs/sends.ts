import { answerTo } from "../client.ts";
import { numbered } from "../contents.ts";
import { distribution } from "../numbers.ts";
import { openPairs } from "../pairs.ts";
import { beating, type Stage } from "../stage.ts";

const WARM_UP = 50;

/** One message at a time. */
export async function sends(stage: Stage): Promise<Record<string, number>> {
  const [pair] = await openPairs(stage, 1);
  if (!pair) throw new Error("there is no pair");
  const stop = beating([pair.sender, pair.receiver]);
  const times: number[] = [];
  for (let nth = -WARM_UP; nth < stage.setting("sends"); nth += 1) {
    const begun = performance.now();
    const { error } = await answerTo(pair.sender, pair.peer, numbered(nth));
    if (error !== undefined) stage.failed(error);
    if (nth >= 0) times.push(performance.now() - begun);
  }
  stop();
  return distribution("send", times);
}
