import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Bug } from "../../services/common/failpoints.ts";
import type { Cluster } from "./cluster.ts";
import { openLog } from "./events.ts";
import type { Fault } from "./plan.ts";
import { countsOf, progress, table } from "./report.ts";
import { Run, type Settings } from "./run.ts";
import type { Kind } from "./violations.ts";

/** The faults that make a bug visible, and the kinds of violation that it is to be told as. */
type Plant = { faults: Fault[]; kinds: Kind[] };

const KILL_BEFORE: Fault = { target: "chat", kind: "kill", moment: "before commit" };
const KILL_AFTER: Fault = { target: "chat", kind: "kill", moment: "after commit" };
const KILL_TELLERS: Fault = { target: "chat", kind: "kill", moment: "not yet told" };
/** One process has committed and cannot publish, while the other goes on in the same conversations. */
const HOLD_PUSHES: Fault = { target: "chat", kind: "stop", moment: "sending" };
const KILL_STORE: Fault = { target: "mariadb", kind: "kill", moment: "before commit" };
const CUT_NATS: Fault = { target: "nats", kind: "cut", moment: "sending" };
const CUT_CLIENTS: Fault = { target: "gateway", kind: "cut", moment: "mid resume" };
const QUIET: Fault = { target: "auth", kind: "cut", moment: "sending" };
const times = (count: number, fault: Fault): Fault[] => Array.from({ length: count }, () => fault);

const PLANTS: Record<Bug, Plant> = {
  "chat.ack-before-commit": { faults: times(2, KILL_STORE), kinds: ["lost"] },
  "chat.forget-nonce": { faults: [...times(2, KILL_AFTER), CUT_NATS], kinds: ["twice", "nonce"] },
  "chat.publish-before-commit": { faults: times(2, KILL_BEFORE), kinds: ["phantom", "order"] },
  "chat.skip-announcement": { faults: times(4, KILL_TELLERS), kinds: ["missing", "stale"] },
  "chat.order-by-clock": { faults: times(2, QUIET), kinds: ["order"] },
  "chat.push-to-stranger": { faults: [QUIET], kinds: ["leak"] },
  "chat.reuse-seq": { faults: [QUIET], kinds: ["hole"] },
  "chat.lose-edit": { faults: [QUIET], kinds: ["lost"] },
  "gateway.fetch-before-subscribe": {
    faults: times(4, CUT_CLIENTS),
    kinds: ["missing", "stale", "hole"],
  },
  "gateway.ignore-gaps": {
    faults: [...times(2, HOLD_PUSHES), ...times(4, KILL_AFTER)],
    kinds: ["missing", "stale", "hole", "order"],
  },
  "gateway.double-push": { faults: [QUIET], kinds: ["twice"] },
  "gateway.deny-done": { faults: [QUIET], kinds: ["not-done"] },
};
export const BUGS = Object.keys(PLANTS) as Bug[];
export const isBug = (word: string): word is Bug => word in PLANTS;

/** A bug that leaves devices behind for good does so within this. */
const HEAL_WITHIN_MS = 8_000;

/** Plants one bug after the other, each under a cast of its own. @returns whether the checker found them all */
export async function plantAll(
  bugs: Bug[],
  cluster: Cluster,
  dir: string,
  settings: Settings,
): Promise<{ text: string; isAllCaught: boolean }> {
  const rows: string[][] = [];
  for (const bug of bugs) {
    progress(`planting ${bug}`);
    const found = await plantOne(bug, cluster, dir, settings);
    const isCaught = PLANTS[bug].kinds.some((kind) => found.has(kind));
    rows.push([bug, isCaught ? "caught" : "MISSED", countsOf({ counts: found })]);
    progress(rows.at(-1)?.join("  ") ?? "");
  }
  return {
    text: table([["bug", "", "the checker's violations"], ...rows]),
    isAllCaught: rows.every(([, verdict]) => verdict === "caught"),
  };
}

async function plantOne(
  bug: Bug,
  cluster: Cluster,
  dir: string,
  settings: Settings,
): Promise<Map<Kind, number>> {
  const { faults, kinds } = PLANTS[bug];
  const log = openLog(join(dir, `${bug}.ndjson`));
  await cluster.allUp();
  const run = new Run(cluster, log, { ...settings, healWithinMs: HEAL_WITHIN_MS });
  try {
    await run.begin();
    await cluster.plant([`${bug} plant *`]);
    await pause(500);
    const isCaught = () => kinds.some((kind) => run.checker.counts.has(kind));
    for (const [nth, fault] of faults.entries()) if (!isCaught()) await run.fault(fault, nth);
    await cluster.plant([]);
    await run.finish();
    return run.checker.counts;
  } finally {
    await cluster.plant([]);
    await run.leave();
    await log.close();
  }
}
