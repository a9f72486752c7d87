import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../test/support/ports.ts";
import { RESULTS } from "../options.ts";
import { start, type Child } from "./child.ts";
import { JWT_SECRET } from "./seed.ts";
import type { Start } from "./system.ts";

const COLLECTS = join(import.meta.dirname, "collects.ts");
const APART = 50;
export const profilesDir = join(RESULTS, "profiles");

/** What Node is told by NODE_OPTIONS, besides what npm's script says. */
export function nodeOptions({ options, plan }: Start): string {
  const collects = plan.collects ? ["--expose-gc", `--import=${COLLECTS}`] : [];
  const profiled = options.profile === "" ? [] : ["--cpu-prof", `--cpu-prof-dir=${profilesDir}`];
  return [...collects, ...profiled].join(" ");
}

/** A run of `npm start` or `npm run cluster` of a checkout: the same command without npm, so that it hears our signals. */
export async function startScript(
  name: "start" | "cluster",
  args: string[],
  env: Record<string, string>,
  from: Start,
): Promise<Child> {
  const { root } = from.options;
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const script = (scripts[name] ?? "").replace(/\bexec /, "");
  const [port, metrics] = await twoRanges();
  return start({
    ...{ file: "/bin/sh", args: ["-c", `exec env ${script} "$@"`, name, ...args], cwd: root },
    log: join(from.dir, `${name}.log`),
    env: {
      PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"]}`,
      ...{ DATA_DIR: join(from.dir, "data"), PORT: String(port), METRICS_PORT: String(metrics), JWT_SECRET },
      ...{ RATE_LIMIT: "off", LOG_LEVEL: "warn", NODE_OPTIONS: nodeOptions(from), ...env },
    },
  });
}

/** Ports of gateways and of metrics: those after each are further processes'. */
async function twoRanges(): Promise<[number, number]> {
  for (;;) {
    const [gateways, metrics] = [await freePort(), await freePort()];
    if (Math.abs(gateways - metrics) > APART) return [gateways, metrics];
  }
}

export const webSocketUrls = ({ urls }: Child) => urls.map((url) => url.replace("http", "ws"));
