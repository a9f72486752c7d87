import { createHash } from "node:crypto";

export const TARGETS = ["gateway", "chat", "auth", "users", "nats", "mariadb"] as const;
export const KINDS = ["kill", "stop", "term", "cut", "slow"] as const;
export const MOMENTS = [
  "idle",
  "sending",
  "before commit",
  "after commit",
  "not yet told",
  "mid fan-out",
  "mid resume",
] as const;
export type Target = (typeof TARGETS)[number];
export type FaultKind = (typeof KINDS)[number];
export type Moment = (typeof MOMENTS)[number];
export type Fault = { target: Target; kind: FaultKind; moment: Moment };

/** What is in the middle of something at a moment: where nothing of a target is, there is no such fault. */
const SENSE: Record<Target, readonly Moment[]> = {
  gateway: ["idle", "sending", "mid fan-out", "mid resume"],
  chat: ["idle", "sending", "before commit", "after commit", "not yet told", "mid resume"],
  auth: ["idle", "sending", "mid resume"],
  users: ["idle", "sending", "mid resume"],
  nats: ["idle", "sending", "after commit", "mid resume"],
  mariadb: ["idle", "sending", "before commit", "mid resume"],
};

/**
 * A fan-out is over in a moment: only who dies at its failpoint is sure to be in the middle of one. And what is not yet told
 * is told after all by whoever lives.
 */
const isPossible = ({ kind, moment }: Fault) =>
  kind === "kill" || (moment !== "mid fan-out" && moment !== "not yet told");

/** A number that the seed and a name decide. */
const draw = (seed: number, name: string) =>
  createHash("sha256").update(`${seed} ${name}`).digest().readUInt32BE();

const shuffled = <T>(seed: number, items: readonly T[]): T[] =>
  items.toSorted((a, b) => draw(seed, JSON.stringify(a)) - draw(seed, JSON.stringify(b)));

/** One of each list in turn, until all are empty. */
function dealt<T>(lists: T[][]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, nth) =>
    lists.flatMap((list) => list.slice(nth, nth + 1)),
  ).flat();
}

/** Each possible fault once, dealt by turns: one of each kind, and within a kind one of each target, until none is left. */
function round(seed: number): Fault[] {
  const ofKind = (kind: FaultKind) =>
    dealt(
      shuffled(seed + KINDS.indexOf(kind), TARGETS).map((target) =>
        shuffled(seed, SENSE[target].map((moment) => ({ target, kind, moment })).filter(isPossible)),
      ),
    );
  return dealt(shuffled(seed, KINDS).map(ofKind));
}

const nameOf = ({ target, kind, moment }: Fault) => `${target} ${kind} ${moment}`;

/** The faults of a seed whose names begin with `only`: every one before any comes again. */
export function planOf(seed: number, count: number, only = ""): Fault[] {
  const chosen = (nth: number) => round(seed + nth).filter((fault) => nameOf(fault).startsWith(only));
  if (chosen(0).length === 0) throw new Error(`there is no such fault: ${only}`);
  const faults: Fault[] = [];
  for (let nth = 0; faults.length < count; nth += 1) faults.push(...chosen(nth));
  return faults.slice(0, count);
}

/** Which of several the seed picks for the nth fault. */
export function pick<T>(items: T[], seed: number, nth: number): T {
  const item = items[draw(seed, String(nth)) % items.length];
  if (item === undefined) throw new Error("there is none to pick");
  return item;
}
