import type { Readable } from "node:stream";
import { createInterface } from "node:readline";

type Line = { level: number; time: number; msg: string; err?: { message?: string }; mod?: string };
const LEVELS: Record<number, string> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warn",
  50: "ERROR",
  60: "FATAL",
};
const WIDTH = 10;

/** A process's log on standard error, a line each for people: who, when, how bad, what. */
export function follow(name: string, stream: Readable): void {
  createInterface({ input: stream }).on("line", (line) => {
    process.stderr.write(`${name.padEnd(WIDTH)} ${readable(line)}\n`);
  });
}

function readable(line: string): string {
  const parsed = parse(line);
  if (!parsed) return line;
  const { level, time, msg, err } = parsed;
  const clock = new Date(time).toISOString().slice(11, 23);
  return [clock, LEVELS[level] ?? level, msg, err?.message ?? ""].join(" ").trimEnd();
}

function parse(line: string): Line | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined; // a line that only looks like JSON is shown as it is
  }
}
