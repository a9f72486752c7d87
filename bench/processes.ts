import { readFileSync } from "node:fs";

/** A process of a system; its kind is its name up to a number: `gateway-1`. */
export type Proc = { name: string; pid: number };
export const kindOf = (name: string) => name.replace(/-\d+$/, "");

/** Of one process in a span of time: seconds of a core that it took, and what it held in memory at the end. */
export type Usage = { name: string; cpuSeconds: number; rssMib: number };

/** Clock ticks a second in /proc: the same on every Linux that Node runs on. */
const TICKS = 100;
const UTIME = 11;
const STIME = 12;

/** Seconds of a core since its start; NaN where it is gone. */
export function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS;
  } catch {
    return Number.NaN;
  }
}

const BUSY = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];

/** Seconds of cores that the whole machine was at work, or was kept from it by its host, since it started. */
export function cpuOfAll(): number {
  const [, ...ticks] = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").trim().split(/\s+/);
  const busy = BUSY.map((name, nth) => (name === "idle" || name === "iowait" ? 0 : Number(ticks[nth] ?? 0)));
  return busy.reduce((sum, one) => sum + one, 0) / TICKS;
}

/** Resident KiB; NaN where it is gone. */
export function rssOf(pid: number): number {
  try {
    const [, kib = "NaN"] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kib);
  } catch {
    return Number.NaN;
  }
}

/** All that a process started, and what those started. */
export function descendantsOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean)
    .map(Number);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Begins to measure; what it returns ends it. */
export function meter(processes: Proc[]): () => Usage[] {
  const before = processes.map(({ pid }) => cpuOf(pid));
  return () =>
    processes.map(({ name, pid }, nth) => ({
      name,
      cpuSeconds: cpuOf(pid) - (before[nth] ?? 0),
      rssMib: rssOf(pid) / 1024,
    }));
}

/** How many files a process may open: each socket is one. */
export function fileLimit(): number {
  const [, soft = "0"] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  return Number(soft);
}
