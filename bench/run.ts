import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { load, type Loaded } from "./load/load.ts";
import type { Options } from "./options.ts";
import type { Proc, Usage } from "./processes.ts";
import { say } from "./say.ts";
import type { Case, Figures } from "./scenarios/scenario.ts";
import { startSystem } from "./systems/start.ts";
import { undoing, type Undone } from "./undo.ts";

/** What a case gave. `failures`: what did not go as it should, and how often. */
export type Result = {
  scenario: string;
  label: string;
  figures: Figures;
  failures: Record<string, number>;
  /** Of each process. */
  usage: Usage[];
  /** Why it came to no end. */
  broken?: string;
};
/** For who looks closer: the processes, and the time in which they were measured, in microseconds. */
export type Watched = { processes: Proc[]; span: Loaded["span"] };

/** Percent of a core that neither the system nor the generator took: where it is much, the figures say little. */
function othersIn({ usage, generator, machine, span: [from, to] }: Loaded): number {
  const ours = [...usage, ...generator].reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  return ((machine - ours) / ((to - from) / 1e6)) * 100;
}

/** Starts a system on fresh data, measures it, and stops it. */
export async function runCase(
  scenario: string,
  one: Case,
  context: { options: Options; work: string; outer: Undone },
): Promise<Result & { watched: Watched }> {
  const { options, work, outer } = context;
  const label = one.label ?? one.system;
  const dir = mkdtempSync(join(work, `${one.system}-`));
  const undone = undoing();
  undone.add(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  outer.add(undone.all);
  const failures: Result["failures"] = {};
  const usage: Usage[] = [];
  const watched: Watched = { processes: [], span: [0, Number.MAX_SAFE_INTEGER] };
  try {
    say(`${scenario}, ${label}: starts`);
    const system = await startSystem(one.system, { dir, options, undone, plan: one.plan });
    watched.processes = system.processes();
    say(`${scenario}, ${label}: runs`);
    const others: Figures = {};
    const own = await one.run(system, {
      options,
      async load(ask, marks) {
        const loaded = await load(system, ask, marks);
        for (const [what, times] of Object.entries(loaded.failures))
          failures[what] = (failures[what] ?? 0) + times;
        usage.push(...loaded.usage, ...loaded.generator);
        if (loaded.span[1] > 0) {
          watched.span = loaded.span;
          others["(CPU % of others here)"] = othersIn(loaded);
        }
        return loaded;
      },
    });
    const figures = { ...own, ...others };
    return { ...{ scenario, label, figures, failures, usage }, watched };
  } catch (error) {
    const broken = error instanceof Error ? (error.stack ?? error.message) : String(error);
    say(`${scenario}, ${label}: ${broken}`);
    return { ...{ scenario, label, figures: {}, failures, usage, broken }, watched };
  } finally {
    await undone.all();
  }
}
