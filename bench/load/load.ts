import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { cpuOfAll, meter, type Usage } from "../processes.ts";
import { say } from "../say.ts";
import type { System } from "../systems/system.ts";
import type { JobName, Report, Said, Told } from "./job.ts";

/** A job without what is known of the system. */
export type Ask = { name: JobName; users: number; settings: Record<string, number> };
/** `usage` and `span`, in microseconds of the monotonic clock, are of what was between the marks `begin` and `end`. */
export type Loaded = Report & {
  usage: Usage[];
  generator: Usage[];
  /** Seconds of cores that the whole machine took, others' work included. */
  machine: number;
  span: [number, number];
};
/** What is done at a mark, besides. */
export type Marks = Record<string, () => Promise<void>>;

/** A job that takes so long has got stuck. */
const WITHIN_MS = 600_000;
const micros = () => Number(process.hrtime.bigint() / 1000n);

/** Runs a job in a process of its own, and measures what the system takes meanwhile. */
export async function load(
  system: System,
  { name, users, settings }: Ask,
  marks: Marks = {},
): Promise<Loaded> {
  const child = fork(join(import.meta.dirname, "generator.ts"), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const tell = (told: Told) => child.send(told);
  const { promise, resolve, reject } = Promise.withResolvers<Loaded>();
  let [endSystem, endGenerator]: (() => Usage[])[] = [];
  let [usage, generator]: Usage[][] = [[], []];
  let machine = 0;
  const span: Loaded["span"] = [0, 0];

  const measure = async (mark: string) => {
    if (mark === "begin") {
      endSystem = meter(system.processes());
      endGenerator = meter([{ name: "generator", pid: child.pid ?? 0 }]);
      machine = -cpuOfAll();
      span[0] = micros();
    }
    if (mark === "end") {
      [usage, generator] = [endSystem?.() ?? [], endGenerator?.() ?? []];
      machine += cpuOfAll();
      span[1] = micros();
    }
    await marks[mark]?.();
    tell({ go: true });
  };
  child.on("message", (said: Said) => {
    if ("mark" in said) measure(said.mark).catch(reject);
    else if ("progress" in said) say(`  ${said.progress}`);
    else if ("report" in said)
      resolve({ ...said.report, usage: usage ?? [], generator: generator ?? [], machine, span });
    else reject(new Error(said.broken));
  });
  child.once("exit", (code, signal) => reject(new Error(`the load generator ended: ${signal ?? code}`)));

  tell({
    job: {
      ...{ name, settings, dialect: system.dialect, urls: system.urls },
      users: Array.from({ length: users }, (_, nth) => system.userOf(nth)),
    },
  });
  const late = setTimeout(() => reject(new Error(`${name}: no end after ${WITHIN_MS} ms`)), WITHIN_MS);
  try {
    return await promise;
  } finally {
    clearTimeout(late);
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }
}
