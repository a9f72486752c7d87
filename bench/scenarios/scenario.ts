import type { Ask, Loaded, Marks } from "../load/load.ts";
import type { Options } from "../options.ts";
import type { Plan, System, SystemName } from "../systems/system.ts";

export type Figures = Record<string, number>;
/** One system in one state, measured once. */
export type Case = {
  /** What its column is called; by default as the system. */
  label?: string;
  system: SystemName;
  plan: Plan;
  run(system: System, work: Work): Promise<Figures>;
};
export type Work = {
  options: Options;
  /** Runs the load generator; failures are counted for the case. */
  load(ask: Ask, marks?: Marks): Promise<Loaded>;
};
export type Scenario = {
  name: string;
  /** A sentence for who reads the table. */
  about: string;
  /** Runs only where it is named. */
  isAsked?: boolean;
  cases(options: Options): Case[];
};

/** How long a measure lasts, in milliseconds. */
export const measureMs = ({ seconds, quick }: Options, usual: number): number =>
  (seconds ?? (quick ? Math.min(usual, 3) : usual)) * 1000;
/** A count, or a tenth of it where it goes quickly. */
export const many = ({ quick }: Options, usual: number): number => (quick ? Math.ceil(usual / 10) : usual);
export const warmUpMs = ({ quick }: Options): number => (quick ? 1_000 : 3_000);

export const together = (systems: SystemName[], one: (system: SystemName) => Case): Case[] =>
  systems.map(one);
