/**
 * `npm run cluster -- --gateways 2 --chat 3`: the whole system on this machine as separate processes, with a NATS
 * and a MariaDB of its own unless NATS_URL or MYSQL_URL (an administrator's) name others. Ctrl-C stops it all.
 * On standard input: `add chat`, `remove chat-2`, `stop`.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { config } from "../../services/common/config.ts";
import { startMariadb } from "../servers/mariadb.ts";
import { startNats } from "../servers/nats.ts";
import { countsFrom, isKind, kindOf, KINDS, type Kind } from "./plan.ts";
import { startService } from "./service-process.ts";
import { MARK, secretsIn, stopLeftovers, writeList } from "./state.ts";
import { supervisor } from "./supervisor.ts";

const counts = countsFrom(process.argv.slice(2));
const dir = process.env["DATA_DIR"] ? config.dataDir : join(config.dataDir, "cluster");
const secrets = secretsIn(dir);
const say = (text: string) => process.stderr.write(`cluster    ${text}\n`);
const processes = supervisor((entries) => writeList(dir, entries), say);
const numbers = new Map<Kind, number>();
let isStopping = false;

/** A server of our own comes back where it was: its port is part of what the others were told. */
async function natsUrl(): Promise<string> {
  if (config.natsUrl !== undefined) return config.natsUrl;
  let port: number | undefined;
  const { url } = await processes.keep("nats", async () => {
    const nats = await startNats({ port });
    port = nats.port;
    return nats;
  });
  return url;
}

async function adminUrl(): Promise<string> {
  if (config.mysqlUrl !== undefined) return config.mysqlUrl;
  let port: number | undefined;
  const durable = process.env["CLUSTER_DURABLE"] !== "off";
  const { url } = await processes.keep("mariadb", async () => {
    const mariadb = await startMariadb({ dir: join(dir, "mariadb"), port, password: secrets.admin, durable });
    port = mariadb.port;
    return mariadb;
  });
  return url;
}

function migrate(url: string): void {
  const passwords = Object.entries(secrets.passwords).map(([kind, pw]) => [
    `MYSQL_${kind.toUpperCase()}_PASSWORD`,
    pw,
  ]);
  const env = { ...process.env, ...Object.fromEntries(passwords), MYSQL_URL: url, NATS_URL: "" };
  execFileSync(process.execPath, [join(import.meta.dirname, "../migrate.ts")], {
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** Each process is told what it needs and no more: a gateway of no database, a service of its own user alone. */
function environment(kind: Kind, number: number, nats: string, admin: string): Record<string, string> {
  const shared = {
    NATS_URL: nats,
    JWT_SECRET: "",
    MYSQL_URL: "",
    DATA_DIR: join(dir, "processes"),
    PUBLIC_URL: config.publicUrl,
  };
  if (kind === "gateway") return { ...shared, HOST: config.host, PORT: String(config.port + number - 1) };
  const url = new URL(admin);
  url.username = `${config.mysqlPrefix}${kind}`;
  url.password = secrets.passwords[kind] ?? "";
  return {
    ...shared,
    MYSQL_URL: url.href,
    ...(kind === "auth" && { JWT_SECRET: config.jwtSecret ?? secrets.jwt }),
  };
}

async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  const order = [...KINDS].toReversed();
  for (const kind of [...order, "nats", "mariadb"])
    await Promise.all(
      processes
        .names()
        .filter((name) => kindOf(name) === kind)
        .map(processes.dismiss),
    );
  process.exit(0);
}

async function start(): Promise<void> {
  stopLeftovers(dir);
  process.env[MARK] = dir; // for the children to inherit
  const [nats, admin] = await Promise.all([natsUrl(), adminUrl()]);
  migrate(admin);
  const add = (kind: Kind) => {
    const number = (numbers.get(kind) ?? 0) + 1;
    numbers.set(kind, number);
    const name = `${kind}-${number}`;
    return processes.keep(name, () => startService(name, environment(kind, number, nats, admin)));
  };
  const started = KINDS.flatMap((kind) => Array.from({ length: counts[kind] }, () => add(kind)));
  const urls = (await Promise.all(started)).map(({ url }) => url).filter((url) => url !== "");
  process.stdout.write(`ready ${urls.join(" ")}\n`);

  createInterface({ input: process.stdin }).on("line", (line) => {
    const [verb, what = ""] = line.trim().split(/\s+/);
    if (verb === "add" && isKind(what))
      add(what).then(({ url }) => process.stdout.write(`added ${what} ${url}\n`), say);
    else if (verb === "remove")
      processes.dismiss(what).then(() => process.stdout.write(`removed ${what}\n`), say);
    else if (verb === "stop") void stop();
    else say(`add KIND, remove NAME or stop, not: ${line}`);
  });
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop());
start().catch(async (error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  await stop().catch(() => {});
  process.exit(1);
});
