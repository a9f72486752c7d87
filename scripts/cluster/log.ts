import type { Readable } from "node:stream";
import { createInterface } from "node:readline";

type Line = {
  level: number;
  time: number;
  msg?: string;
  err?: { message?: string; stack?: string };
  action?: string;
  requestID?: string;
};
const LEVELS: Record<number, string> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warn",
  50: "ERROR",
  60: "FATAL",
};
const WARN = 40;
const WIDTH = 10;

/** A line on standard error, under the name of who says it. */
export function say(name: string, text: string): void {
  process.stderr.write(`${name.padEnd(WIDTH)} ${text}\n`);
}

/** A process's log on standard error, for people: who, when, how bad, what; below a warning, how it came to it. */
export function follow(name: string, stream: Readable): void {
  createInterface({ input: stream }).on("line", (line) => {
    for (const text of readable(line)) say(name, text);
  });
}

function readable(line: string): string[] {
  const parsed = parse(line);
  if (!parsed) return [line];
  const { level, time, msg, err, action, requestID } = parsed;
  const isBad = level >= WARN;
  const words = [new Date(time).toISOString().slice(11, 23), LEVELS[level] ?? level, msg];
  if (err?.message !== msg) words.push(err?.message);
  if (isBad && action) words.push(`action=${action}`);
  if (isBad && requestID) words.push(`requestID=${requestID}`);
  const stack = isBad && err?.stack ? err.stack.split("\n").map((at) => `    ${at.trim()}`) : [];
  return [words.filter((word) => word !== undefined && word !== "").join(" "), ...stack];
}

function parse(line: string): Line | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const parsed = JSON.parse(line) as Partial<Line>;
    return Number.isFinite(parsed.level) && Number.isFinite(parsed.time) ? (parsed as Line) : undefined;
  } catch {
    return undefined; // a line that only looks like JSON is shown as it is
  }
}
