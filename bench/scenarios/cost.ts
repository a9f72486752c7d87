import type { Loaded } from "../load/load.ts";
import { kindOf, type Usage } from "../processes.ts";
import type { Figures } from "./scenario.ts";

const total = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0);

/** Of all processes of a kind together. */
function byKind(usage: Usage[], of: (one: Usage) => number): [string, number][] {
  const sums = new Map<string, number>();
  for (const one of usage) sums.set(kindOf(one.name), (sums.get(kindOf(one.name)) ?? 0) + of(one));
  return [...sums];
}

/** Seconds of a core for 1,000 messages and MiB in memory, of all processes, of each kind, and of the generator. */
export function costOf({ usage, generator }: Loaded, messages: number): Figures {
  const cost = ({ cpuSeconds }: Usage) => (cpuSeconds / messages) * 1000;
  const cpu = byKind(usage, cost).map(([kind, seconds]) => [`CPU s/1000 ${kind}`, seconds]);
  const own = generator.map((one) => ["(CPU s/1000 of the generator)", cost(one)]);
  const rss = byKind(usage, ({ rssMib }) => rssMib).map(([kind, mib]) => [`RSS MiB ${kind}`, mib]);
  return {
    "CPU s/1000": total(usage.map(cost)),
    ...Object.fromEntries(cpu),
    ...Object.fromEntries(own),
    "RSS MiB": total(usage.map(({ rssMib }) => rssMib)),
    ...Object.fromEntries(rss),
  };
}

/** Percent of a core in so many seconds, of all processes of a kind. */
export function sharesOf({ usage, generator, span: [from, to] }: Loaded): Figures {
  const seconds = (to - from) / 1e6;
  const shares = byKind([...usage, ...generator], ({ cpuSeconds }) => (cpuSeconds / seconds) * 100);
  return Object.fromEntries(shares.map(([kind, share]) => [`CPU % ${kind}`, share]));
}
