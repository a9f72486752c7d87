import { answerTo, SOCKET_ENDED, type Answer, type Client, type Peer } from "./client.ts";
import { numbered } from "./contents.ts";
import { each, signIn, user, type Stage } from "./stage.ts";

/** Two users on different gateways, if there are two, who have a conversation. */
export type Pair = { sender: Client; receiver: Client; peer: Peer };

const AT_ONCE = 20;

/** Users 2n and 2n + 1 from the number `from` on. */
export function openPairs(stage: Stage, count: number, from = 0): Promise<Pair[]> {
  return each(count, AT_ONCE, async (nth) => {
    const first = from + 2 * nth;
    const sender = await signIn(stage, first, nth);
    const receiver = await signIn(stage, first + 1, nth + 1);
    const user_id = user(stage, first + 1).id;
    const { error, chat_id } = await answerTo(sender, { user_id }, numbered(0));
    if (error !== undefined) throw new Error(error);
    const peer = stage.job.dialect === "rewind" && chat_id !== undefined ? { chat_id } : { user_id };
    return { sender, receiver, peer };
  });
}

/** What is sent, and what came of it. */
export type Traffic = { sent: number; acked: number; failed: number; isOver: boolean };

/** Keeps so many sends of a pair unanswered until `traffic` is over. `acked` is told how long each took, in ms. */
export function pump(
  stage: Stage,
  { sender, peer }: Pick<Pair, "sender" | "peer">,
  { unacked, traffic, acked }: { unacked: number; traffic: Traffic; acked?: (ms: number) => void },
): void {
  const send = () => {
    if (traffic.isOver) return;
    traffic.sent += 1;
    const at = acked ? performance.now() : 0;
    sender.send(peer, numbered(traffic.sent), (answer) => {
      if (took(stage, traffic, answer)) acked?.(performance.now() - at);
      send();
    });
  };
  for (let nth = 0; nth < unacked; nth += 1) send();
}

export function took(stage: Stage, traffic: Traffic, { error }: Answer): boolean {
  if (error === undefined) traffic.acked += 1;
  else {
    traffic.failed += 1;
    stage.failed(error);
  }
  if (error === SOCKET_ENDED) traffic.isOver = true;
  return error === undefined;
}

export const traffic = (): Traffic => ({ sent: 0, acked: 0, failed: 0, isOver: false });
