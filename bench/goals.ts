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
const GOALS: Goal[] = [
  compared("dm-throughput", "acked/s", TO_RELAY, { least: 0.45 }),
  compared("dm-throughput", "acked/s", ["embedded", "cluster"], { least: 1 }),
  compared("dm-throughput", "CPU s/1000", TO_RELAY, { most: 2.2 }),
];

export function goalsOf(results: Result[]): Judged[] {
  const valueOf = ({ scenario, label, figure }: Side) =>
    results.find((result) => result.scenario === scenario && result.label === label)?.figures[figure];
  return GOALS.flatMap(({ what, of, over, least, most }) => {
    const [above, below] = [valueOf(of), over ? valueOf(over) : 1];
    if (above === undefined || below === undefined) return [];
    const value = above / below;
    const isMet = value >= (least ?? -Infinity) && value <= (most ?? Infinity);
    const wanted = least === undefined ? `<= ${most}` : `>= ${least}`;
    const line = `${isMet ? "met   " : "missed"}  ${what}: ${numberOf(value)}, goal ${wanted}`;
    return [{ what, value, isMet, line }];
  });
}
