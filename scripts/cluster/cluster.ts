/**
 * `npm run cluster -- --gateways 2 --chat 3`: the whole system on this machine as separate processes, with a NATS
 * and a MariaDB of its own unless NATS_URL or MYSQL_URL (an administrator's) name others. `ready` and the gateways'
 * URLs, once each of them can serve, is all it writes to standard output. Ctrl-C stops it all.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { config } from "../../services/common/config.ts";
import { startMariadb } from "../servers/mariadb.ts";
import { startNats } from "../servers/nats.ts";
import type { Running } from "../servers/process.ts";
import { say } from "./log.ts";
import { countsFrom, isKind, kindOf, KINDS, USAGE, type Counts, type Kind } from "./plan.ts";
import { startService, type Service } from "./service-process.ts";
import { claim, clusterDir, endLeftovers, MARK, secretsIn, writeList, type Secrets } from "./state.ts";
import { supervisor } from "./supervisor.ts";

const SERVICE_TRIES = 3;
const REMOVED_WITHIN_MS = 8_000;
/** A stop's stages, and when after its beginning what still runs of each is killed. */
const STOP = { gateways: 5_000, services: 7_500, servers: 8_800, all: 9_200 };

const dir = clusterDir();
const run = randomBytes(3).toString("hex"); // clusters may share a NATS
const tell = (text: string) => say("cluster", text);
const numbers = new Map<Kind, number>();
let processes = 0;
let isReady = false;
let isStopping = false;

const kept = supervisor({
  changed: (entries) => writeList(dir, entries),
  up(name, url) {
    if (isReady) tell(`${name} is up${kindOf(name) === "gateway" ? `: ${url}` : ""}`);
  },
  ended: (name, reason) => tell(`${name} ended (${reason}), starting it again`),
});

/** A server of our own comes back where it was: its port is part of what the others were told. */
async function keepServer(name: string, startOn: (port?: number) => Promise<Running>): Promise<string> {
  let port: number | undefined;
  const again = async () => {
    const server = await startOn(port);
    port = server.port;
    return server;
  };
  return (await kept.keep(name, again, 1)).url;
}

/** What a server of our own says is in a log of its own. */
const ownServer = (name: string) => ({
  log: join(dir, `${name}.log`),
  dir: join(dir, name),
  dieWithParent: true,
});

const natsUrl = async ({ nats: password }: Secrets) =>
  config.natsUrl ?? keepServer("nats", (port) => startNats({ ...ownServer("nats"), password, port }));

const adminUrl = async ({ admin: password }: Secrets) => {
  const durable = process.env["CLUSTER_DURABLE"] !== "off";
  const options = { ...ownServer("mariadb"), password, durable };
  return config.mysqlUrl ?? keepServer("mariadb", (port) => startMariadb({ ...options, port }));
};

type Urls = { nats: string; admin: string };

/** Each process is told what it needs and no more: a gateway of no database, a service of its own user alone. */
function databaseUrl(kind: Kind, { admin }: Urls, { passwords }: Secrets): string {
  if (kind === "gateway") return "";
  const url = new URL(admin);
  url.username = `${config.mysqlPrefix}${kind}`;
  url.password = passwords[kind] ?? "";
  return url.href;
}

const HOSTS: Record<string, string> = { "0.0.0.0": "127.0.0.1", "::": "127.0.0.1" };
const shownHost = HOSTS[config.host] ?? (config.host.includes(":") ? `[${config.host}]` : config.host);

function nextService(kind: Kind, urls: Urls, secrets: Secrets): Service {
  const number = (numbers.get(kind) ?? 0) + 1;
  numbers.set(kind, number);
  const name = `${kind}-${number}`;
  const metricsPort = config.metricsPort > 0 ? config.metricsPort + processes : 0;
  processes += 1;
  const port = kind === "gateway" ? config.port + number - 1 : 0;
  const env = {
    NODE_ID: `${name}-${run}`,
    NATS_URL: urls.nats,
    MYSQL_URL: databaseUrl(kind, urls, secrets),
    JWT_SECRET: kind === "auth" ? (config.jwtSecret ?? secrets.jwt) : "",
    DATA_DIR: join(dir, "processes"),
    PUBLIC_URL: config.publicUrl,
    PORT: port > 0 ? String(port) : "",
    METRICS_PORT: metricsPort > 0 ? String(metricsPort) : "",
  };
  return { name, kind, port, metricsPort, env, url: port > 0 ? `http://${shownHost}:${port}` : "" };
}

async function start(counts: Counts): Promise<void> {
  claim(dir);
  await endLeftovers(dir);
  process.env[MARK] = dir; // for the children to inherit
  const secrets = secretsIn(dir);
  const loading = import("./schemas.ts"); // meanwhile: it is large
  const [nats, admin] = await Promise.all([natsUrl(secrets), adminUrl(secrets)]);
  const { migrate } = await loading;
  await migrate({ ...config, mysqlUrl: admin }, secrets.passwords);
  const add = (kind: Kind) => {
    const service = nextService(kind, { nats, admin }, secrets);
    return kept.keep(service.name, (leaving) => startService(service, leaving), SERVICE_TRIES);
  };
  const started = KINDS.flatMap((kind) => Array.from({ length: counts[kind] }, () => add(kind)));
  const urls = (await Promise.all(started)).map(({ url }) => url).filter((url) => url !== "");
  isReady = true;
  tell(
    "add KIND, remove NAME and stop are taken here; npm run repl looks inside, metrics are told in docs/operations.md",
  );
  process.stdout.write(`ready ${urls.join(" ")}\n`);
  createInterface({ input: process.stdin }).on("line", (line) => {
    obey(line, add).catch((error: unknown) => tell(messageOf(error)));
  });
}

async function obey(line: string, add: (kind: Kind) => Promise<Running>): Promise<void> {
  const [verb, what = ""] = line.trim().split(/\s+/);
  if (verb === "add" && isKind(what)) await add(what);
  else if (verb === "remove" && isKind(kindOf(what))) {
    await kept.dismiss(what, REMOVED_WITHIN_MS);
    tell(`${what} is gone`);
  } else if (verb === "stop") await stop();
  else if (line.trim() !== "") tell(`add KIND, remove NAME or stop, not: ${line}`);
}

/** Gateways first, which finish what is under way; then all that serves them; then what those stand on. */
async function stop(code = 0): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  kept.close();
  setTimeout(() => process.exit(code), STOP.all);
  const begun = Date.now();
  const stage = (includes: (name: string) => boolean, until: number) =>
    Promise.all(
      kept
        .names()
        .filter(includes)
        .map((name) => kept.dismiss(name, begun + until - Date.now())),
    );
  await stage((name) => kindOf(name) === "gateway", STOP.gateways);
  await stage((name) => isKind(kindOf(name)), STOP.services);
  await stage(() => true, STOP.servers);
  process.exit(code);
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function main(): Promise<void> {
  const counts = countsFrom(process.argv.slice(2));
  if (counts === "help") process.stdout.write(USAGE);
  else await start(counts);
}

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => void stop());
// Who read our output or wrote our input may go: that is not the end of the cluster.
for (const stream of [process.stdin, process.stdout, process.stderr]) stream.on("error", () => {});
main().catch((error: unknown) => {
  if (isStopping) return;
  tell(messageOf(error));
  void stop(1);
});
