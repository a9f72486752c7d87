/**
 * `npm run faults -- --count 24 --seed 1`: the whole system on servers of its own, clients that talk without a pause, and
 * one fault after the other. After each, all that was ever promised is verified. `--help` for the rest.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Checker } from "./checker.ts";
import { startCluster, type Cluster } from "./cluster.ts";
import { openLog } from "./events.ts";
import { optionsFrom, USAGE, type Options } from "./options.ts";
import { planOf } from "./plan.ts";
import { plantAll } from "./plants.ts";
import { countsOf, faultLine, HEAD, progress, recoveries, summary, tell } from "./report.ts";
import { Run, type Result, type Settings } from "./run.ts";
import { startServers } from "./servers.ts";

const HEAL_WITHIN_MS = 30_000;

const cleanups: (() => Promise<unknown>)[] = [];
let isClean: Promise<void> | undefined;
/** What was started last is ended first; whatever fails to end does not keep the others. */
const cleanUp = () =>
  (isClean ??= (async () => {
    for (const cleanup of cleanups.toReversed()) await cleanup().catch(() => {});
  })());

async function startAll(dir: string, jwtSecret: string): Promise<Cluster> {
  progress(`in ${dir}: starting nats-server and mariadbd`);
  const servers = await startServers(dir);
  cleanups.push(() => Promise.all([servers.nats.close(), servers.mariadb.close()]));
  progress("starting the cluster");
  const cluster = await startCluster(dir, servers, jwtSecret);
  cleanups.push(() => cluster.close());
  return cluster;
}

/** @returns whether all was as promised */
async function faults(cluster: Cluster, dir: string, options: Options, settings: Settings): Promise<boolean> {
  const log = openLog(join(dir, "events.ndjson"));
  const run = new Run(cluster, log, settings);
  const { checker, meter } = run;
  cleanups.push(() => run.leave());
  await run.begin();
  tell(HEAD);
  const results: Result[] = [];
  const begun = Date.now();
  for (const [nth, fault] of planOf(options.seed, options.count, options.only).entries()) {
    await run.writeUntil((options.sends * nth) / options.count);
    const result = await run.fault(fault, nth);
    results.push(result);
    tell(faultLine(nth + 1, result, meter));
    tellViolations(checker);
  }
  await run.writeUntil(options.sends);
  await run.finish();
  await run.leave();
  await log.close();
  tellViolations(checker);
  const { text, missed } = recoveries(results);
  const { acked, failed, unknown, failedAfterRetries } = meter;
  const minutes = (Date.now() - begun) / 60_000;
  tell(`\n${summary(results)}\n\n${text}\n`);
  tell(
    `seed ${options.seed}: ${results.length} faults in ${minutes.toFixed(1)} minutes; ${acked} acknowledged, ` +
      `${failed} refused (${failedAfterRetries} of clients that retry), ${unknown} unknown; violations: ${countsOf(checker)}`,
  );
  return checker.total === 0 && !(options.strict && (missed || failedAfterRetries > 0));
}

function tellViolations(checker: Checker): void {
  for (const { kind, what } of checker.tell()) tell(`     ${kind}: ${what}`);
}

async function main(): Promise<boolean> {
  const options = optionsFrom(process.argv.slice(2));
  if (options === "help") {
    tell(USAGE);
    return true;
  }
  const dir = mkdtempSync(join(tmpdir(), "rewind-faults-"));
  if (!options.keep) cleanups.push(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const jwtSecret = randomBytes(36).toString("base64url");
  const settings = { jwtSecret, seed: options.seed, rate: options.rate, healWithinMs: HEAL_WITHIN_MS };
  const cluster = await startAll(dir, jwtSecret);
  if (options.plants.length === 0) return faults(cluster, dir, options, settings);
  const { text, isAllCaught } = await plantAll(options.plants, cluster, dir, settings);
  tell(text);
  return isAllCaught;
}

async function exit(code: number): Promise<void> {
  await cleanUp();
  process.exit(code);
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
for (const [name, code] of Object.entries(SIGNALS)) process.on(name, () => void exit(code));

try {
  await exit((await main()) ? 0 : 1);
} catch (error) {
  progress(error instanceof Error ? (error.stack ?? error.message) : String(error));
  await exit(1);
}
