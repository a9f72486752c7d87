import { parseArgs } from "node:util";

/** A folder under services/, and the gateway. */
export const SERVICES = ["auth", "mailer", "users", "friends", "chat"] as const;
export const KINDS = [...SERVICES, "gateway"] as const;
export type Kind = (typeof KINDS)[number];
export type Counts = Record<Kind, number>;

const DEFAULTS: Counts = { auth: 1, mailer: 1, users: 1, friends: 1, chat: 2, gateway: 2 };
const FLAGS: Record<string, Kind> = {
  ...Object.fromEntries(KINDS.map((kind) => [kind, kind])),
  gateways: "gateway",
};

export const USAGE = `npm run cluster -- [--gateways 2] [--chat 2] [--auth 1] [--users 1] [--friends 1] [--mailer 1]
Runs every service and the gateway as processes of their own, each started again when it dies.
NATS_URL, MYSQL_URL   an administrator's; without them private ones are started
DATA_DIR              where all data is, by default ./data/cluster
PORT                  of the first gateway; the next ones take those after it
METRICS_PORT          of the first process; the next ones take those after it
On standard input: add KIND, remove NAME, stop. What runs is listed in DATA_DIR/cluster.json.
`;

/** `--chat 3 --gateways 2`: how many processes of each kind, or that help is wanted. @throws for anything else */
export function countsFrom(args: string[]): Counts | "help" {
  const counted = Object.fromEntries(Object.keys(FLAGS).map((flag) => [flag, { type: "string" as const }]));
  const { values } = parseArgs({ args, options: { ...counted, help: { type: "boolean", short: "h" } } });
  if (values.help) return "help";
  const counts = { ...DEFAULTS };
  for (const [flag, kind] of Object.entries(FLAGS)) {
    const value = (values as Record<string, unknown>)[flag];
    if (value === undefined) continue;
    if (!/^[1-9]\d?$/.test(String(value))) throw new Error(`--${flag}: a number from 1 to 99 is needed`);
    counts[kind] = Number(value);
  }
  return counts;
}

export const isKind = (word: string): word is Kind => KINDS.some((kind) => kind === word);
export const kindOf = (name: string) => name.split("-")[0] ?? "";
