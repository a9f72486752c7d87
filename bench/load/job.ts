import type { DialectName } from "../systems/system.ts";
import type { User } from "../systems/seed.ts";

export type JobName =
  "throughput" | "latency" | "idle" | "fan-out" | "history" | "sends" | "resume" | "logins";

/** What the load generator is told to do. */
export type Job = {
  name: JobName;
  dialect: DialectName;
  urls: string[];
  users: User[];
  /** What a job has to know besides: counts, and times in milliseconds. */
  settings: Record<string, number>;
};
/** What came of it: figures by name, with their units in it, and how often what failed. */
export type Report = { figures: Record<string, number>; failures: Record<string, number> };

/** From the generator: `mark` waits until it is answered with `go`. */
export type Said = { mark: string } | { progress: string } | { report: Report } | { broken: string };
export type Told = { job: Job } | { go: true };
