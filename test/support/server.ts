import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import { launchNpm, listenerOf, processOf, type Exit, type Launched } from "./launch.ts";
import { openMailSink, type MailSink } from "./mail-sink.ts";

const READY_WITHIN_MS = 20_000;

export type Server = {
  /** HTTP base URLs of all gateways. Party A of a test uses the first, party B the last. */
  readonly urls: string[];
  /** The process that listens, not npm. */
  readonly pid: number;
  readonly mails: MailSink;
  readonly dataDir: string;
  /** What this start wrote. */
  stdout(): string;
  stderr(): string;
  /** SIGTERM to the server; resolves when it has ended. */
  stop(): Promise<Exit & { ms: number }>;
  /** SIGKILL to everything that was started; resolves when it has ended. */
  kill(): Promise<void>;
  /** Starts again, after a stop or a kill, with the same data and on the same port. `env` holds for this start. */
  restart(env?: Record<string, string>): Promise<void>;
};

type Deployment = { urls: string[]; pid: number; launched: Launched };
/** Starts one deployment shape; resolves when it serves. */
type Shape = (env: Record<string, string>, started: (launched: Launched) => void) => Promise<Deployment>;

const embedded: Shape = async (env, started) => {
  const launched = launchNpm(["start"], env);
  started(launched);
  const [, url = ""] = await launched.says(/^ready (http:\/\/\S+)$/m, READY_WITHIN_MS);
  return { urls: [url], pid: listenerOf(launched.group, Number(new URL(url).port)), launched };
};

/** Every part a process of its own, over a NATS and a MariaDB that are private to this server. */
const cluster: Shape = async (env, started) => {
  const launched = launchNpm(["run", "cluster"], { ...env, CLUSTER_DURABLE: "off" });
  started(launched);
  const [, urls = ""] = await launched.says(/^ready (http:\/\/.+)$/m, 2 * READY_WITHIN_MS);
  return { urls: urls.split(" "), pid: processOf(launched.group, "scripts/cluster/cluster.ts"), launched };
};

const shapes = new Map<string, Shape>([
  ["embedded", embedded],
  ["cluster", cluster],
]);
const shapeName = process.env["REWIND_SHAPE"] ?? "embedded";
const shape = shapes.get(shapeName);
if (!shape) throw new Error(`REWIND_SHAPE=${shapeName}: there is only ${[...shapes.keys()].join(", ")}`);

const cleanups: (() => Promise<unknown>)[] = [];
// Here, so that a test file cannot forget it and a start that fails half-way leaves nothing behind.
afterAll(async () => {
  const failures: unknown[] = [];
  for (const cleanup of cleanups.toReversed()) await cleanup().catch((error) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, "not everything could be cleaned up");
}, 20_000);

/** The processes of a cluster, which are in no group of ours. */
const partsIn = (dataDir: string): number[] => {
  const list = join(dataDir, "cluster.json");
  if (!existsSync(list)) return [];
  return (JSON.parse(readFileSync(list, "utf8")) as { pid: number }[]).map(({ pid }) => pid);
};

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject).listen(0, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

/** Starts the server as a user does, on fresh data, with its own mail server. `env` adds to its settings. */
export const startServer = async (env: Record<string, string> = {}): Promise<Server> => {
  const mails = await openMailSink();
  cleanups.push(() => mails.close());
  const dataDir = await mkdtemp(join(tmpdir(), "rewind-test-"));
  cleanups.push(() => rm(dataDir, { recursive: true, force: true }));
  const settings = {
    DATA_DIR: dataDir,
    PORT: String(await freePort()),
    RATE_LIMIT: "off",
    BCRYPT_COST: "4",
    SMTP_URL: mails.url,
    ...env,
  };
  let launched: Launched | undefined;
  const kill = async () => {
    if (!launched) return;
    launched.signal(-launched.group, "SIGKILL");
    for (const pid of partsIn(dataDir)) launched.signal(pid, "SIGKILL");
    await launched.exited;
  };
  cleanups.push(kill);
  const start = (more = {}) => shape({ ...settings, ...more }, (it) => (launched = it));
  let deployment = await start();
  return {
    mails,
    dataDir,
    kill,
    get urls() {
      return deployment.urls;
    },
    get pid() {
      return deployment.pid;
    },
    stdout: () => deployment.launched.stdout(),
    stderr: () => deployment.launched.stderr(),
    async stop() {
      const begun = performance.now();
      deployment.launched.signal(deployment.pid, "SIGTERM");
      const exit = await deployment.launched.exited;
      return { ...exit, ms: performance.now() - begun };
    },
    async restart(more) {
      deployment = await start(more);
    },
  };
};
