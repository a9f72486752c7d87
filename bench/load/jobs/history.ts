import { otherId } from "../../systems/seed.ts";
import { distribution } from "../numbers.ts";
import { connectFrames, rewind } from "../frames.ts";
import { beating, whereOf, type Stage } from "../stage.ts";

const PAGE = 50;
const WARM_UP = 20;

/** User 0 reads pages of its two conversations, a short one and a long one, one request after the other. */
export async function history(stage: Stage): Promise<Record<string, number>> {
  const client = await connectFrames(rewind, whereOf(stage, 0));
  const stop = beating([client]);
  const page = (chat: number, before?: number) => ({
    ...{ type: "chat", chat_id: otherId(chat), count: PAGE },
    ...(before !== undefined && { before }),
  });
  const asked = [
    { name: "short, last 50", payload: page(0) },
    { name: "long, last 50", payload: page(1) },
    { name: "long, middle 50", payload: page(1, Math.floor(stage.setting("long") / 2)) },
  ];
  const times = asked.map((): number[] => []);
  for (let nth = -WARM_UP; nth < stage.setting("requests"); nth += 1)
    for (const [which, { payload }] of asked.entries()) {
      const begun = performance.now();
      const reply = await client.get("load", payload);
      const ms = performance.now() - begun;
      const messages = reply.payload?.["messages"];
      if (!Array.isArray(messages) || messages.length !== PAGE) stage.failed("NOT_A_WHOLE_PAGE");
      if (nth >= 0) times[which]?.push(ms);
    }
  stop();
  const figures = asked.map(({ name }, which) => distribution(name, times[which] ?? [], [0.5, 0.99]));
  return Object.assign({}, ...figures) as Record<string, number>;
}
