import { parseArgs } from "node:util";
import { resolve } from "node:path";

/** What is measured unless it is said; ejabberd has to be installed. */
const USUAL = ["relay", "cluster", "embedded"] as const;
const SYSTEMS = [...USUAL, "ejabberd"] as const;
export type SystemKind = (typeof SYSTEMS)[number];

export type Options = {
  /** Names of scenarios; empty for all that run without being asked for. */
  only: string[];
  systems: SystemKind[];
  /** How long a measure lasts; undefined for what the scenario has. */
  seconds?: number;
  /** Measures of 3 s and a tenth of the clients: whether it works, not how fast. */
  quick: boolean;
  out: string;
  /** The checkout whose cluster and embedded server are started. */
  root: string;
  /** A kind of process, `gateway` or `chat`, to profile; empty for none. */
  profile: string;
  /** Of big-store. */
  messages: number;
  chat: number;
  gateways: number;
};

const HERE = resolve(import.meta.dirname, "..");
export const RESULTS = resolve(import.meta.dirname, "results");

export const USAGE = `npm run bench -- [--only NAME,...] [--systems relay,cluster,embedded] [--seconds N] [--quick]
Measures REWIND, as a cluster and embedded, beside a bare relay on the same servers, which is as fast as it can be.
--only      scenarios; big-store and scaling run only where they are named
--systems   what to measure; ejabberd, an XMPP server, only where it is named
--seconds   how long each measure lasts
--quick     short measures, few clients: shows that it works, not how fast
--out       where all figures go as JSON, by default bench/results/last.json
--root      another checkout, whose cluster and embedded server are started, to compare two versions
--chat, --gateways   processes of the cluster, by default 2 and 2
--messages  of the filled store of big-store, by default 10000000
--profile   gateway, chat, store, embedded, ...: the functions in which such processes spend their time
TMPDIR says where the data is: on a disk, since a flush is to cost what it costs.
Exits with 1 where any send failed.`;

const words = (list: string) => list.split(",").filter((word) => word !== "");
const isSystem = (word: string): word is SystemKind => SYSTEMS.some((system) => system === word);

function systemsFrom(list: string): SystemKind[] {
  const wrong = words(list).find((word) => !isSystem(word));
  if (wrong !== undefined)
    throw new Error(`--systems: some of ${SYSTEMS.join(",")} are needed, not ${wrong}`);
  return words(list).filter(isSystem);
}

function whole(name: string, value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new Error(`--${name}: a whole number is needed, not ${value}`);
  return Number(value);
}

/** @throws for what is no option */
export function optionsFrom(args: string[]): Options | "help" {
  const text = (fallback: string) => ({ type: "string" as const, default: fallback });
  const { values } = parseArgs({
    args,
    options: {
      only: text(""),
      systems: text(USUAL.join(",")),
      seconds: { type: "string" },
      quick: { type: "boolean", default: false },
      out: text(resolve(RESULTS, "last.json")),
      root: text(HERE),
      profile: text(""),
      messages: text("10000000"),
      chat: text("2"),
      gateways: text("2"),
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const { quick, profile, seconds } = values;
  return {
    ...{ quick, profile, only: words(values.only), systems: systemsFrom(values.systems) },
    ...(seconds !== undefined && { seconds: whole("seconds", seconds) }),
    ...{ out: resolve(values.out), root: resolve(values.root) },
    messages: whole("messages", values.messages),
    chat: whole("chat", values.chat),
    gateways: whole("gateways", values.gateways),
  };
}
