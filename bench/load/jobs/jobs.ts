import type { JobName } from "../job.ts";
import type { Stage } from "../stage.ts";
import { fanOut } from "./fan-out.ts";
import { history } from "./history.ts";
import { idle } from "./idle.ts";
import { latency } from "./latency.ts";
import { logins } from "./logins.ts";
import { resume } from "./resume.ts";
import { sends } from "./sends.ts";
import { throughput } from "./throughput.ts";

/** What the generator can do; each answers its figures. */
export const jobs: Record<JobName, (stage: Stage) => Promise<Record<string, number>>> = {
  ...{ throughput, latency, idle, "fan-out": fanOut, history, sends, resume, logins },
};
