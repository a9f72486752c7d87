import type { JobName } from "../job.ts";
import type { Stage } from "../stage.ts";
import { throughput } from "./throughput.ts";

/** What the generator can do; each answers its figures. */
export const jobs: Record<JobName, (stage: Stage) => Promise<Record<string, number>>> = {
  throughput,
};
