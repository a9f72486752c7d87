import type { Checker } from "./checker.ts";
import type { Fault } from "./plan.ts";
import type { Result } from "./run.ts";

/** What is wanted of recoveries, in milliseconds. */
type Figure = { what: string; ms: number[]; share: number; limit: number };

export const tell = (text: string) => void process.stdout.write(`${text}\n`);
export const progress = (text: string) => void process.stderr.write(`${text}\n`);

const seconds = (ms: number | undefined) => (ms === undefined ? "-" : `${(ms / 1000).toFixed(2)} s`);

/** The value that this share of all does not exceed; undefined of none. */
function quantile(values: number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

/** Left-aligned words, in columns as wide as their widest. */
export function table(rows: string[][]): string {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(width(column)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Violations by kind. */
export const countsOf = ({ counts }: Pick<Checker, "counts">) =>
  [...counts].map(([kind, count]) => `${count} ${kind}`).join(", ") || "none";

const WIDTHS = [4, 8, 5, 14, 24, 9, 9];
export const HEAD = line([
  ...["#", "target", "kind", "moment", "acked/failed/unknown"],
  ...["stall", "healed", "verdict"],
]);

function line(cells: string[]): string {
  return cells.map((cell, nth) => cell.padEnd(WIDTHS[nth] ?? 0)).join(" ");
}

export type Totals = { acked: number; failed: number; unknown: number };
export const faultLine = (
  nth: number,
  { fault, struck, stall, healed, violations }: Result,
  totals: Totals,
) =>
  line([
    ...[String(nth), fault.target, fault.kind, `${fault.moment}${struck.isReached ? "" : "?"}`],
    `${totals.acked}/${totals.failed}/${totals.unknown}`,
    ...[seconds(stall), seconds(healed), violations === 0 ? "ok" : `${violations} violations`],
  ]);

const isHit = (target: Fault["target"], kinds: Fault["kind"][]) => (result: Result) =>
  result.fault.target === target && kinds.includes(result.fault.kind);
const AWAY: Fault["kind"][] = ["kill", "term"];

function figuresOf(results: Result[]): Figure[] {
  const of = (target: Fault["target"], kinds: Fault["kind"][], values: (result: Result) => number[]) =>
    results.filter(isHit(target, kinds)).flatMap(values);
  const resumed = (result: Result) => (result.resumed === undefined ? [] : [result.resumed]);
  return [
    {
      what: "gateway killed: its clients are resumed elsewhere",
      ms: of("gateway", ["kill"], ({ returned }) => returned),
      ...{ share: 0.99, limit: 3_000 },
    },
    {
      what: "chat killed: the slowest write of each client",
      ms: of("chat", ["kill"], ({ slowest }) => slowest),
      ...{ share: 0.99, limit: 2_000 },
    },
    {
      what: "nats-server back: the first send",
      ms: of("nats", AWAY, resumed),
      ...{ share: 1, limit: 2_000 },
    },
    {
      what: "nats-server back: all repaired",
      ms: of("nats", AWAY, ({ healed }) => [healed]),
      ...{ share: 1, limit: 5_000 },
    },
    {
      what: "mariadbd back: sends resume",
      ms: of("mariadb", AWAY, resumed),
      ...{ share: 1, limit: 10_000 },
    },
  ];
}

/** The recoveries as a table, and whether any is over what is wanted. */
export function recoveries(results: Result[]): { text: string; missed: boolean } {
  const figures = figuresOf(results).filter(({ ms }) => ms.length > 0);
  const isMissed = ({ ms, share, limit }: Figure) => (quantile(ms, share) ?? 0) > limit;
  const rows = figures.map((figure) => {
    const { what, ms, share, limit } = figure;
    const name = share === 1 ? "most" : `p${share * 100}`;
    return [
      ...[what, String(ms.length), seconds(quantile(ms, 0.5)), `${name} ${seconds(quantile(ms, share))}`],
      ...[`wanted ${seconds(limit)}`, isMissed(figure) ? "missed" : "ok"],
    ];
  });
  const head = ["recovery", "samples", "median", "worst", "", ""];
  return { text: table([head, ...rows]), missed: figures.some(isMissed) };
}

/** Faults and violations, by target and kind. */
export function summary(results: Result[]): string {
  const names = new Set(results.map(({ fault }) => `${fault.target} ${fault.kind}`));
  const rows = [...names].toSorted().map((name) => {
    const those = results.filter(({ fault }) => `${fault.target} ${fault.kind}` === name);
    const healed = those.map((result) => result.healed);
    const violations = those.reduce((sum, result) => sum + result.violations, 0);
    return [
      ...[...name.split(" "), String(those.length)],
      ...[seconds(quantile(healed, 0.5)), seconds(quantile(healed, 1)), String(violations)],
    ];
  });
  return table([["target", "kind", "faults", "healed: median", "most", "violations"], ...rows]);
}
