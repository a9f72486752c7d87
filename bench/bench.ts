/** `npm run bench`: measures REWIND beside a bare relay. See options.ts, and bench/README.md for what it measures. */
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { goalsOf } from "./goals.ts";
import { optionsFrom, USAGE, type Options } from "./options.ts";
import { freshProfiles, hottest } from "./profile.ts";
import { fileLimit } from "./processes.ts";
import { runCase, type Result } from "./run.ts";
import { say } from "./say.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { scenarios } from "./scenarios/scenarios.ts";
import { systemKindOf } from "./systems/start.ts";
import { failuresIn, tableOf } from "./table.ts";
import { undoing } from "./undo.ts";

const QUICKLY = " (--quick: fewer, and for a shorter time)";
const TMPFS = 0x01_02_19_94;
const INTERRUPTED = 130;
const undone = undoing();
let isStopping = false;

function chosen({ only }: Options): Scenario[] {
  const unknown = only.find((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown !== undefined)
    throw new Error(`--only: ${scenarios.map(({ name }) => name).join(", ")}; not ${unknown}`);
  return scenarios.filter(({ name, isAsked }) => (only.length > 0 ? only.includes(name) : !isAsked));
}

function workDir(): string {
  const work = mkdtempSync(join(tmpdir(), "rewind-bench-"));
  undone.add(() => rmSync(work, { recursive: true, force: true, maxRetries: 5 }));
  const isMemory = statfsSync(work).type === TMPFS;
  say(`data: ${work}${isMemory ? ", IN MEMORY: flushes cost nothing, say TMPDIR" : ""}`);
  say(`open files of a process: ${fileLimit()}`);
  return work;
}

async function measure(options: Options): Promise<Result[]> {
  const wanted = chosen(options);
  const work = workDir();
  if (options.profile !== "") freshProfiles();
  const results: Result[] = [];
  for (const scenario of wanted)
    for (const one of scenario.cases(options)) {
      if (isStopping || !options.systems.includes(systemKindOf(one.system))) continue;
      const { watched, ...result } = await runCase(scenario.name, one, { options, work, outer: undone });
      results.push(result);
      if (options.profile === "") continue;
      const title = `${result.scenario}, ${result.label}`;
      process.stdout.write(`${title}\n${hottest(options.profile, title, watched)}\n`);
    }
  return results;
}

function report(options: Options, results: Result[]): void {
  const tables = scenarios.flatMap(({ name, about }) => {
    const own = results.filter(({ scenario }) => scenario === name);
    return own.length > 0 ? [tableOf(name, `${about}${options.quick ? QUICKLY : ""}`, own)] : [];
  });
  const goals = goalsOf(results);
  process.stdout.write(`${[...tables, ...goals.map(({ line }) => line)].join("\n")}\n`);
  const [cpu] = cpus();
  const about = {
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpu?.model,
    cores: cpus().length,
  };
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(options.out, `${JSON.stringify({ ...about, options, results, goals }, undefined, 2)}\n`);
  say(`all figures: ${options.out}`);
}

async function main(): Promise<number> {
  const options = optionsFrom(process.argv.slice(2));
  if (options === "help") {
    process.stdout.write(`${USAGE}\nScenarios: ${scenarios.map(({ name }) => name).join(", ")}\n`);
    return 0;
  }
  const results = await measure(options);
  if (isStopping) return INTERRUPTED;
  report(options, results);
  const isClean = results.every(({ failures, broken }) => broken === undefined && failuresIn(failures) === 0);
  return isClean ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    isStopping = true;
    void undone.all().then(() => process.exit(INTERRUPTED));
  });
const code = await main().catch((error: unknown) => {
  if (!isStopping) say(error instanceof Error ? error.message : String(error));
  return 1;
});
await undone.all();
process.exit(isStopping ? INTERRUPTED : code);
