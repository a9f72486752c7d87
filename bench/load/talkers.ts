import type { Client, Peer } from "./client.ts";
import { numbered } from "./contents.ts";
import { openPairs, took, traffic as nothingYet } from "./pairs.ts";
import { settles } from "./settle.ts";
import { beating, type Stage } from "./stage.ts";

/** Users who chat at their ease while something else goes on. */
export type Talkers = {
  /** How long the acks of what was sent since a time took: the longest, in ms. Waits for those that are under way. */
  slowestSince(at: number): Promise<number>;
  stop(): void;
};

/** The first `count` users, two by two; each says something every so many ms, answered or not. */
export async function startTalkers(stage: Stage, count: number, everyMs: number): Promise<Talkers> {
  const pairs = await openPairs(stage, count / 2);
  const done: { at: number; ms: number }[] = [];
  const traffic = nothingYet();
  const say = (client: Client, peer: Peer) => {
    const at = performance.now();
    traffic.sent += 1;
    client.send(peer, numbered(traffic.sent), (answer) => {
      took(stage, traffic, answer);
      done.push({ at, ms: performance.now() - at });
    });
  };
  const speakers = pairs.flatMap(({ sender, receiver, peer }) => [
    () => say(sender, peer),
    () => say(receiver, peer),
  ]);
  const timers = speakers.map((speak) => setInterval(speak, everyMs));
  const stopBeating = beating(pairs.flatMap(({ sender, receiver }) => [sender, receiver]));
  const stop = () => {
    stopBeating();
    for (const timer of timers) clearInterval(timer);
  };
  return {
    async slowestSince(from) {
      const until = traffic.sent;
      await settles(() => done.length >= until);
      stage.failed("UNANSWERED", until - done.length);
      return Math.max(0, ...done.filter(({ at }) => at >= from).map(({ ms }) => ms));
    },
    stop,
  };
}
