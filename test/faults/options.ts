import { parseArgs } from "node:util";
import type { Bug } from "../../services/common/failpoints.ts";
import { BUGS, isBug } from "./plants.ts";

export type Options = {
  count: number;
  seed: number;
  rate: number;
  /** To be acknowledged in the whole run, at least; 0 for whatever comes. */
  sends: number;
  only: string;
  strict: boolean;
  keep: boolean;
  plants: Bug[];
};

export const USAGE = `npm run faults -- [--count 24] [--seed 1] [--rate 80] [--sends 0] [--only NAME] [--strict] [--keep]
npm run faults -- --plant all
Breaks a cluster of its own in one way after the other while clients talk, and verifies the delivery contract.
--count    faults; every one there is comes before any comes again
--seed     decides on their order
--only     faults of those whose line begins so: "chat kill"
--rate     writes a second, of all clients together
--sends    between faults writes go on until its share of so many is acknowledged
--strict   fails also where a recovery takes longer than is wanted
--keep     leaves the directory with all logs; what happened to each client is in events.ndjson
--plant    plants a bug instead, or all, and tells whether the checker finds it: ${BUGS.join(", ")}
Exits with 1 on any violation, or any bug that is not found.`;

/** @throws for what is no option */
export function optionsFrom(args: string[]): Options | "help" {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: "string", default: "24" },
      seed: { type: "string", default: "1" },
      rate: { type: "string", default: "80" },
      sends: { type: "string", default: "0" },
      only: { type: "string", default: "" },
      plant: { type: "string", multiple: true, default: [] },
      strict: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const number = (name: "count" | "seed" | "rate" | "sends") => {
    const value = values[name];
    if (!/^\d{1,9}$/.test(value)) throw new Error(`--${name}: a whole number is needed, not ${value}`);
    return Number(value);
  };
  const { strict, keep, only, plant } = values;
  const counts = { count: number("count"), sends: number("sends") };
  return {
    ...counts,
    seed: number("seed"),
    rate: number("rate"),
    strict,
    keep,
    only,
    plants: plant.flatMap(bugsOf),
  };
}

function bugsOf(word: string): Bug[] {
  if (word === "all") return BUGS;
  if (!isBug(word)) throw new Error(`--plant: all or one of ${BUGS.join(", ")} is needed, not ${word}`);
  return [word];
}
