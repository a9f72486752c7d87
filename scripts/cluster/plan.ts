import { parseArgs } from "node:util";

/** What runs, in the order it starts; it stops in the reverse order. */
export const KINDS = ["auth", "mailer", "users", "friends", "chat", "gateway"] as const;
export type Kind = (typeof KINDS)[number];
export type Counts = Record<Kind, number>;

const DEFAULTS: Counts = { auth: 1, mailer: 1, users: 1, friends: 1, chat: 2, gateway: 2 };
const FLAGS = { ...Object.fromEntries(KINDS.map((kind) => [kind, kind])), gateways: "gateway" };

/** `--chat 3 --gateways 2`: how many processes of each kind. @throws for anything else */
export function countsFrom(args: string[]): Counts {
  const options = Object.fromEntries(Object.keys(FLAGS).map((flag) => [flag, { type: "string" as const }]));
  const { values } = parseArgs({ args, options });
  const counts = { ...DEFAULTS };
  for (const [flag, kind] of Object.entries(FLAGS)) {
    const value = values[flag];
    if (value === undefined) continue;
    if (!/^[1-9]\d?$/.test(String(value))) throw new Error(`--${flag}: a number from 1 to 99 is needed`);
    counts[kind as Kind] = Number(value);
  }
  return counts;
}

export const isKind = (word: string): word is Kind => KINDS.some((kind) => kind === word);
export const kindOf = (name: string) => name.split("-")[0] ?? "";
