import type { Result } from "./run.ts";
import { numberOf } from "./table.ts";

type Side = { scenario: string; label: string; figure: string };
type Goal = {
  what: string;
  /** What is compared; without `over`, `of` by itself. */
  of: Side;
  over?: Side;
  least?: number;
  most?: number;
};
export type Judged = { what: string; value: number; isMet: boolean; line: string };

const side = (scenario: string, label: string, figure: string): Side => ({ scenario, label, figure });
const compared = (
  scenario: string,
  figure: string,
  [label, to]: [string, string],
  bounds: Pick<Goal, "least" | "most">,
): Goal => ({
  what: `${scenario}: ${figure}, ${label} / ${to}`,
  ...{ of: side(scenario, label, figure), over: side(scenario, to, figure), ...bounds },
});

const TO_RELAY: [string, string] = ["cluster", "relay-group"];
/** A message that comes alone is committed alone: the relay that does that is what it is measured by. */
const TO_LONE_RELAY: [string, string] = ["cluster", "relay-each"];
const REWIND = ["cluster", "embedded"];
/** Of two figures of one system. */
const within = (scenario: string, label: string, [figure, to]: [string, string], most: number): Goal => ({
  what: `${scenario}: ${label}, ${figure} / ${to}`,
  ...{ of: side(scenario, label, figure), over: side(scenario, label, to), most },
});
const below = (scenario: string, label: string, figure: string, most: number): Goal => ({
  what: `${scenario}: ${label}, ${figure}`,
  ...{ of: side(scenario, label, figure), most },
});

const GOALS: Goal[] = [
  compared("dm-throughput", "acked/s", TO_RELAY, { least: 0.45 }),
  compared("dm-throughput", "acked/s", ["embedded", "cluster"], { least: 1 }),
  compared("dm-throughput", "CPU s/1000", TO_RELAY, { most: 2.2 }),
  ...["ack p50 ms", "ack p99 ms", "push p50 ms", "push p99 ms"].map((figure) =>
    compared("dm-latency", figure, TO_LONE_RELAY, { most: 1.3 }),
  ),
  ...REWIND.map((label) => compared("idle-connections", "KiB/socket", [label, "bare-ws"], { most: 1.5 })),
  compared("fan-out", "pushes/s", TO_RELAY, { least: 0.7 }),
  ...REWIND.map((label) => within("history", label, ["long, last 50 p50 ms", "short, last 50 p50 ms"], 1.2)),
  ...REWIND.map((label) =>
    compared("big-store", "send p50 ms", [`${label} filled`, `${label} empty`], { most: 1.2 }),
  ),
  ...REWIND.flatMap((label) => [
    below("resume", label, "resume max ms", 3_000),
    below("resume", label, "slowest send meanwhile ms", 1_000),
  ]),
];

export function goalsOf(results: Result[]): Judged[] {
  const valueOf = ({ scenario, label, figure }: Side) =>
    results.find((result) => result.scenario === scenario && result.label === label)?.figures[figure];
  return GOALS.flatMap(({ what, of, over, least, most }) => {
    const [dividend, divisor] = [valueOf(of), over ? valueOf(over) : 1];
    if (dividend === undefined || divisor === undefined) return [];
    const value = dividend / divisor;
    const isMet = value >= (least ?? -Infinity) && value <= (most ?? Infinity);
    const wanted = least === undefined ? `<= ${most}` : `>= ${least}`;
    const line = `${isMet ? "met   " : "missed"}  ${what}: ${numberOf(value)}, goal ${wanted}`;
    return [{ what, value, isMet, line }];
  });
}
