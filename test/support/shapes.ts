import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { clusterOf, kindOf, SERVICES } from "./cluster.ts";
import { launchNpm, type Launched } from "./launch.ts";
import { listenerOf, processOf } from "./proc.ts";
import type { Server } from "./server.ts";

type Env = Record<string, string>;
/** The same in both dialects. */
export type Sql = { sqlite: string; mysql: string };

/** A way to run the whole system. */
export type Shape = {
  /** How long a start and a stop may take. */
  limits: { startMs: number; stopMs: number };
  launch(env: Env): Launched;
  /** Resolves when it serves: with the URLs of its gateways, and the process to tell to stop. */
  ready(launched: Launched): Promise<{ urls: string[]; pid: number }>;
  /** The processes that are the system. */
  pids(server: Server): number[];
  alterStore(server: Server, service: string, sql: Sql): Promise<void>;
  without<T>(server: Server, service: string, work: () => Promise<T>): Promise<T>;
};

const urlsIn = async (launched: Launched, ms: number) => {
  const [, urls = ""] = await launched.says(/^ready (http:\/\/.+)$/m, ms);
  return urls.split(" ");
};

const READY_WITHIN_MS = 20_000;
const filesWithout = (service: string) =>
  SERVICES.filter((name) => name !== service)
    .map((name) => `services/${name}/${name}.service.ts`)
    .concat("gateway/gateway.service.ts")
    .join(",");

/** `npm start`: one process, one SQLite file a service, which nobody opens while it runs. */
const embedded: Shape = {
  limits: { startMs: 15_000, stopMs: 5_000 },
  launch: (env) => launchNpm(["start"], env),
  async ready(launched) {
    const urls = await urlsIn(launched, READY_WITHIN_MS);
    return { urls, pid: listenerOf(launched.group, Number(new URL(urls[0] ?? "").port)) };
  },
  pids: ({ pid }) => [pid],
  async alterStore(server, service, { sqlite }) {
    await server.stop();
    const store = new DatabaseSync(join(server.dataDir, `${service}.sqlite`));
    store.exec(sqlite);
    store.close();
    await server.restart();
  },
  async without(server, service, work) {
    await server.stop();
    await server.restart({ SERVICES: filesWithout(service) });
    const result = await work();
    await server.stop();
    await server.restart();
    return result;
  },
};

/** `npm run cluster`: every part a process of its own, over a NATS and a MariaDB that are private to this server. */
const cluster: Shape = {
  limits: { startMs: 40_000, stopMs: 10_000 },
  launch: (env) => launchNpm(["run", "cluster"], env),
  async ready(launched) {
    const urls = await urlsIn(launched, 3 * READY_WITHIN_MS);
    return { urls, pid: processOf(launched.group, "scripts/cluster/cluster.ts") };
  },
  pids: (server) =>
    clusterOf(server)
      .processes()
      .map(({ pid }) => pid),
  async alterStore(server, service, { mysql }) {
    await clusterOf(server).sql(service, mysql);
  },
  async without(server, service, work) {
    const running = clusterOf(server);
    const removed = running.processes().filter(({ name }) => kindOf(name) === service);
    await Promise.all(removed.map(({ name }) => running.remove(name)));
    const result = await work();
    for (const _ of removed) await running.add(service);
    return result;
  },
};

const shapes = new Map<string, Shape>([
  ["embedded", embedded],
  ["cluster", cluster],
]);

/** By its name; the suite's own is told by the environment. */
export const shapeNamed = (name = process.env["REWIND_SHAPE"] ?? "embedded"): Shape => {
  const shape = shapes.get(name);
  if (!shape) throw new Error(`REWIND_SHAPE=${name}: there is only ${[...shapes.keys()].join(", ")}`);
  return shape;
};
