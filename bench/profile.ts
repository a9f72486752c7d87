import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { kindOf } from "./processes.ts";
import type { Watched } from "./run.ts";
import { profilesDir } from "./systems/rewind.ts";

type Node = { id: number; callFrame: { functionName: string; url: string; lineNumber: number } };
/** As V8 writes it: times in microseconds, the n-th delta before the n-th sample. */
type Profile = { nodes: Node[]; startTime: number; samples: number[]; timeDeltas: number[] };

const HOTTEST = 25;
/** V8's words for time that is nobody's. */
const NOBODY = new Set(["(idle)", "(root)"]);

/** For a run: what an earlier one left is taken away. */
export function freshProfiles(): void {
  rmSync(profilesDir, { recursive: true, force: true });
  mkdirSync(profilesDir, { recursive: true });
}

/** The hottest functions of each process of a kind; profiles of others are thrown away, these named after the case. */
export function hottest(kind: string, title: string, { processes, span }: Watched): string {
  const found = readdirSync(profilesDir).filter((file) => file.startsWith("CPU."));
  const tables = found.flatMap((file) => {
    const path = join(profilesDir, file);
    const [, , , pid] = file.split(".");
    const name = processes.find((one) => String(one.pid) === pid)?.name;
    if (name === undefined || kindOf(name) !== kind) {
      rmSync(path);
      return [];
    }
    const kept = join(profilesDir, `${title.replaceAll(/\W+/g, "-")}-${name}.cpuprofile`);
    renameSync(path, kept);
    return [tableOf(name, JSON.parse(readFileSync(kept, "utf8")) as Profile, span)];
  });
  return tables.length > 0 ? tables.join("\n") : `no process of the kind ${kind} left a profile`;
}

/** Microseconds that each function was on top of the stack in a span of time. */
function selfTimes({ nodes, startTime, samples, timeDeltas }: Profile, [from, to]: Watched["span"]) {
  const names = new Map(nodes.map((node) => [node.id, nameOf(node)]));
  const times = new Map<string, number>();
  let now = startTime;
  for (const [nth, id] of samples.entries()) {
    now += timeDeltas[nth] ?? 0;
    const name = names.get(id) ?? "";
    if (now >= from && now <= to) times.set(name, (times.get(name) ?? 0) + (timeDeltas[nth + 1] ?? 0));
  }
  return times;
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: Node): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return name;
  const where = url.includes("node_modules/")
    ? url.replace(/^.*node_modules\//, "")
    : url.replace(/^.*\/((?:[^/]+\/)?[^/]+)$/, "$1");
  return `${name} ${where || basename(url)}:${lineNumber + 1}`;
}

function tableOf(name: string, profile: Profile, span: Watched["span"]): string {
  const times = selfTimes(profile, span);
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  const busy = [...times].filter(([one]) => !NOBODY.has(one)).toSorted(([, a], [, b]) => b - a);
  const total = busy.reduce((sum, [, time]) => sum + time, 0);
  const line = ([one, time]: [string, number]) =>
    `  ${((time / total) * 100).toFixed(1).padStart(5)} %  ${one}`;
  const share = ((total / all) * 100).toFixed(0);
  return [
    `${name}: at work ${share} % of ${(all / 1e6).toFixed(1)} s`,
    ...busy.slice(0, HOTTEST).map(line),
    "",
  ].join("\n");
}
