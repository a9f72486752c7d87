import type { Result } from "./run.ts";

const FIRST = 34;
const WIDTH = 20;

export function numberOf(value: number | undefined): string {
  if (value === undefined) return "";
  if (Number.isNaN(value)) return "none";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toFixed(digits);
}

/** A figure, and its ratio to that of the first column that has it, where that is the relay's. */
function cell(value: number | undefined, relay: number | undefined, isRelay: boolean): string {
  if (value === undefined || isRelay || relay === undefined || relay === 0) return numberOf(value);
  return `${numberOf(value)} (x${numberOf(value / relay)})`;
}

const isRelay = ({ label }: Result) => label === "relay-group" || label === "bare-ws";

/** The cases of a scenario side by side, a row a figure. */
export function tableOf(scenario: string, about: string, results: Result[]): string {
  const reference = results.find(isRelay);
  const names = [...new Set(results.flatMap(({ figures }) => Object.keys(figures)))];
  const row = (first: string, cells: string[]) =>
    [first.padEnd(FIRST), ...cells.map((text) => text.padStart(WIDTH))].join(" ").trimEnd();
  const failed = results.map(({ failures, broken }) =>
    broken === undefined ? String(failuresIn(failures)) : "broken",
  );
  const lines = names.map((name) =>
    row(
      `  ${name}`,
      results.map((result) => cell(result.figures[name], reference?.figures[name], result === reference)),
    ),
  );
  const heading = row(
    scenario,
    results.map(({ label }) => label),
  );
  return [`${scenario}: ${about}`, heading, ...lines, row("  failed", failed), ...reasons(results), ""].join(
    "\n",
  );
}

export const failuresIn = (failures: Record<string, number>) =>
  Object.values(failures).reduce((sum, times) => sum + times, 0);

const reasons = (results: Result[]) =>
  results.flatMap(({ label, failures, broken }) => [
    ...Object.entries(failures).map(([what, times]) => `  ${label} failed: ${what}, ${times} times`),
    ...(broken === undefined ? [] : [`  ${label} broke: ${broken.split("\n")[0]}`]),
  ]);
