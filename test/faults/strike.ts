import { setTimeout as pause } from "node:timers/promises";
import type { Part } from "../support/cluster.ts";
import { isAlive } from "../support/proc.ts";
import type { Cluster } from "./cluster.ts";
import type { Fault, FaultKind, Moment } from "./plan.ts";
import type { Proxy, Which } from "./proxy.ts";
import type { OwnServer } from "./servers.ts";
import type { Workload } from "./workload.ts";

/** What a fault did, by the clock. */
export type Struck = {
  at: number;
  /** From here on the system may heal: nothing is held down any more. */
  liftedAt: number;
  /** Whether the moment was hit: a process that is to die at its failpoint has to come by it. */
  isReached: boolean;
  /** Nobody writes until all has healed: a next message would tell of the one before. */
  isQuiet?: boolean;
  /** The process that was hit, and a gateway's place among the doors. */
  pid?: number;
  door?: number;
};
type Stage = { cluster: Cluster; workload: Workload; choose<T>(items: T[]): T };

const STOPPED_MS = 10_000;
const SLOW_MS = 2_500;
const SLOW = { latencyMs: 40, bytesPerSecond: 64 * 1024 };
/** How long a server that we own is away. */
const AWAY_MS = { kill: 1_000, term: 500, cut: 500 };
const BEGUN_MS = 120;
const REACHED_WITHIN_MS = 3_000;
/** So long each passes in the moment that is to be hit. */
const DWELL_MS = 250;

const FAILPOINTS: Partial<Record<Moment, { kind: "chat" | "gateway"; name: string }>> = {
  "before commit": { kind: "chat", name: "chat.before-commit" },
  "after commit": { kind: "chat", name: "chat.committed" },
  "mid fan-out": { kind: "gateway", name: "gateway.mid-fanout" },
  "mid resume": { kind: "gateway", name: "gateway.mid-resume" },
};

/** Does a fault in its moment; resolves when nothing is held down any more. */
export async function strike(fault: Fault, stage: Stage): Promise<Struck> {
  const { cluster, workload } = stage;
  const { target, moment, kind } = fault;
  if (moment === "not yet told") return killTheTellers(stage);
  if (moment === "idle") workload.pause();
  const failpoint = FAILPOINTS[moment];
  if (target === "nats" || target === "mariadb")
    return during(fault, stage, async () => hitServer(cluster.servers[target], kind));
  const victim = stage.choose(cluster.parts(target));
  const { pid } = victim;
  const door = doorOf(victim);
  if (kind === "kill" && failpoint?.kind === target) {
    return { ...(await killAt(failpoint.name, victim, cluster, moment)), pid, door };
  }
  return { ...(await during(fault, stage, async () => hitProcess(victim, kind, cluster))), pid, door };
}

/** Makes the moment last, and hits in the middle of it. */
async function during(
  { moment }: Fault,
  { cluster, workload }: Stage,
  hit: () => Promise<Lift>,
): Promise<Struck> {
  const failpoint = FAILPOINTS[moment];
  if (failpoint) await cluster.arm(cluster.parts(failpoint.kind), [`${failpoint.name} pause ${DWELL_MS} *`]);
  if (moment === "mid resume") cutClients(cluster);
  await pause(BEGUN_MS);
  const at = Date.now();
  const lift = await hit();
  if (failpoint) await cluster.arm(cluster.parts(failpoint.kind), []);
  if (moment === "idle") workload.resume();
  await lift();
  return { at, liftedAt: Date.now(), isReached: true };
}

/**
 * Kills a gateway and a chat process when what clients of v1 sent through both is committed, and nobody has been told: there
 * is nobody left who would say it again. The devices at the other gateway are to hear of it all the same, without another message.
 */
async function killTheTellers({ cluster, workload, choose }: Stage): Promise<Struck> {
  const [gateway, chat] = [choose(cluster.parts("gateway")), choose(cluster.parts("chat"))];
  const door = doorOf(gateway);
  workload.pause();
  await workload.rest();
  await cluster.arm(cluster.parts("chat"), [`chat.committed pause ${4 * DWELL_MS} *`]);
  workload.writeOnce(({ device, at }) => device.protocol === "v1" && at === door);
  await pause(2 * DWELL_MS);
  const at = Date.now();
  for (const { pid } of [gateway, chat]) signal(pid, "SIGKILL");
  await cluster.arm(cluster.parts("chat"), []);
  return { at, liftedAt: Date.now(), isReached: true, isQuiet: true, door };
}

const doorOf = ({ name }: Part) => (name.startsWith("gateway-") ? Number(name.split("-")[1]) - 1 : undefined);

function cutClients({ doors }: Cluster): void {
  for (const door of doors) door.cut();
}

/** Arms the failpoint in one process, which dies there. Where nothing comes by, it dies anyway. */
async function killAt(name: string, victim: Part, cluster: Cluster, moment: Moment): Promise<Struck> {
  await cluster.arm([victim], [`${name} kill`]);
  if (moment === "mid resume") cutClients(cluster);
  for (let waited = 0; waited < REACHED_WITHIN_MS && isAlive(victim.pid); waited += 10) await pause(10);
  const at = Date.now();
  const isReached = !isAlive(victim.pid);
  signal(victim.pid, "SIGKILL");
  return { at, liftedAt: at, isReached };
}

type Lift = () => Promise<void>;
const done: Lift = async () => {};

function hitServer(server: OwnServer, kind: FaultKind): Lift {
  const { proxy } = server;
  switch (kind) {
    case "kill":
    case "term": {
      const ended = server.end(kind === "kill" ? "SIGKILL" : "SIGTERM");
      return async () => {
        await ended;
        await pause(AWAY_MS[kind]);
        await server.comeBack();
      };
    }
    case "stop":
      return stopFor(server.pid());
    case "cut":
      proxy.refuse(true);
      proxy.cut();
      return async () => {
        await pause(AWAY_MS.cut);
        proxy.refuse(false);
      };
    case "slow":
      return slowFor([{ proxy, which: "all" }]);
  }
}

function hitProcess(victim: Part, kind: FaultKind, cluster: Cluster): Lift {
  const { pid } = victim;
  const { nats, mariadb } = cluster.servers;
  const door = cluster.doors[doorOf(victim) ?? -1];
  const links: Links = [
    { proxy: nats.proxy, which: { pid } },
    { proxy: mariadb.proxy, which: { pid } },
    ...(door ? [{ proxy: door, which: "all" as const }] : []),
  ];
  switch (kind) {
    case "kill":
      signal(pid, "SIGKILL");
      return done;
    case "term":
      signal(pid, "SIGTERM");
      return done;
    case "stop":
      return stopFor(pid);
    case "cut":
      for (const { proxy, which } of links) proxy.cut(which);
      return done;
    case "slow":
      return slowFor(links);
  }
}

type Links = { proxy: Proxy; which: Which }[];

function stopFor(pid: number): Lift {
  signal(pid, "SIGSTOP");
  return async () => {
    await pause(STOPPED_MS);
    signal(pid, "SIGCONT");
  };
}

function slowFor(links: Links): Lift {
  for (const { proxy, which } of links) proxy.slow(SLOW, which);
  return async () => {
    await pause(SLOW_MS);
    for (const { proxy, which } of links) proxy.slow(undefined, which);
  };
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it has ended by itself
  }
}
