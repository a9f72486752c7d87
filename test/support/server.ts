import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import { until } from "./cluster.ts";
import type { Exit } from "./launch.ts";
import { openMailSink, type MailSink } from "./mail-sink.ts";
import { freePort } from "./ports.ts";
import { isAlive, processesWith } from "./proc.ts";
import { shapeNamed, type Shape, type Sql } from "./shapes.ts";

export type Server = {
  /** HTTP base URLs of all gateways. Party A of a test uses the first, party B the last. */
  readonly urls: string[];
  /** The process that is told to stop, not npm. */
  readonly pid: number;
  readonly mails: MailSink;
  readonly dataDir: string;
  /** How long a start and a stop may take in this shape. */
  readonly limits: Shape["limits"];
  /** Whether it was started and has not ended. */
  readonly isRunning: boolean;
  /** The processes that the system consists of. */
  pids(): number[];
  /** What this start wrote. */
  stdout(): string;
  stderr(): string;
  /** Writes a line to its standard input. */
  tell(line: string): void;
  /** SIGTERM to the server; resolves when it has ended. */
  stop(): Promise<Exit & { ms: number }>;
  /** SIGKILL to everything that was started; resolves when it has ended. */
  kill(): Promise<void>;
  /** Starts again, after a stop or a kill, with the same data and on the same port. `env` holds for this start. */
  restart(env?: Record<string, string>): Promise<void>;
  /** Changes the tables of a service. The server may be another process afterwards, and have closed its sockets. */
  alterStore(service: string, sql: Sql): Promise<void>;
  /** Does `work` while no process of a service runs. Sockets from before may be closed afterwards. */
  without<T>(service: string, work: () => Promise<T>): Promise<T>;
};

const cleanups: (() => unknown)[] = [];
/** Is done when the tests of the file have ended, whatever their outcome; what was asked for last comes first. */
export const atEnd = (cleanup: () => unknown): void => void cleanups.push(cleanup);
// Here, so that a test file cannot forget it and a start that fails half-way leaves nothing behind.
afterAll(async () => {
  const failures: unknown[] = [];
  for (const cleanup of cleanups.toReversed()) {
    try {
      await cleanup();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, "not everything could be cleaned up");
}, 30_000);

/**
 * Starts the server as a user does, on fresh data, with its own mail server. `env` adds to its settings.
 * @param shapeName the suite's own unless given
 */
export const startServer = async (env: Record<string, string> = {}, shapeName?: string): Promise<Server> => {
  const shape = shapeNamed(shapeName);
  const mails = await openMailSink();
  atEnd(() => mails.close());
  const dataDir = await mkdtemp(join(tmpdir(), "rewind-test-"));
  atEnd(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));
  const settings = {
    DATA_DIR: dataDir,
    PORT: String(await freePort()),
    RATE_LIMIT: "off",
    BCRYPT_COST: "4",
    SMTP_URL: mails.url,
    ...env,
  };
  let launched = shape.launch(settings);
  const kill = async () => {
    launched.signal(-launched.group, "SIGKILL");
    // Its parts are in groups of their own, and one may be about to start another: all carry the name of the data.
    const left = () => processesWith(dataDir).filter(isAlive);
    await until("all processes gone", () => {
      for (const pid of left()) launched.signal(pid, "SIGKILL");
      return left().length === 0;
    });
    await launched.exited;
  };
  atEnd(kill);
  let deployment = await shape.ready(launched);
  const server: Server = {
    mails,
    dataDir,
    limits: shape.limits,
    kill,
    get urls() {
      return deployment.urls;
    },
    get pid() {
      return deployment.pid;
    },
    get isRunning() {
      return isAlive(deployment.pid);
    },
    pids: () => shape.pids(server),
    stdout: () => launched.stdout(),
    stderr: () => launched.stderr(),
    tell: (line) => launched.tell(line),
    async stop() {
      const begun = performance.now();
      launched.signal(deployment.pid, "SIGTERM");
      const exit = await launched.exited;
      return { ...exit, ms: performance.now() - begun };
    },
    async restart(more) {
      launched = shape.launch({ ...settings, ...more });
      deployment = await shape.ready(launched);
    },
    alterStore: (service, sql) => shape.alterStore(server, service, sql),
    without: (service, work) => shape.without(server, service, work),
  };
  return server;
};
