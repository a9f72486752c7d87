/** The load generator: a process of its own, told over IPC by load.ts what to do. */
import { jobs } from "./jobs/jobs.ts";
import type { Job, Report, Said, Told } from "./job.ts";
import type { Stage } from "./stage.ts";

const tell = (said: Said) => void process.send?.(said);
let go = () => {};

function stageOf(job: Job): { stage: Stage; failures: Record<string, number> } {
  const failures: Record<string, number> = {};
  const stage: Stage = {
    job,
    setting: (name) => {
      const value = job.settings[name];
      if (value === undefined) throw new Error(`the job ${job.name} needs to know: ${name}`);
      return value;
    },
    urlFor: (nth) => job.urls[nth % job.urls.length] ?? "",
    mark(name) {
      tell({ mark: name });
      return new Promise((resolve) => (go = resolve));
    },
    progress: (progress) => tell({ progress }),
    failed(what, times = 1) {
      if (times > 0) failures[what] = (failures[what] ?? 0) + times;
    },
  };
  return { stage, failures };
}

async function work(job: Job): Promise<Report> {
  const { stage, failures } = stageOf(job);
  const figures = await jobs[job.name](stage);
  return { figures, failures };
}

process.on("message", (told: Told) => {
  if ("go" in told) return go();
  work(told.job).then(
    (report) => tell({ report }),
    (error: unknown) =>
      tell({ broken: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
