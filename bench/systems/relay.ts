import { join } from "node:path";
import { start, type Child } from "./child.ts";
import { nodeOptions } from "./rewind.ts";
import { userId } from "./seed.ts";
import { startServers } from "./servers.ts";
import type { Start, System } from "./system.ts";

const RELAY = join(import.meta.dirname, "../relay");
/** As REWIND's scripts have it. */
const NODE_OPTIONS = "--max-semi-space-size=8";

async function startPart(name: string, env: Record<string, string>, from: Start): Promise<Child> {
  const options = `${NODE_OPTIONS} ${nodeOptions(from)}`.trim();
  const part = await start({
    ...{ file: process.execPath, args: [join(RELAY, `${name}.ts`)], cwd: from.dir },
    ...{ env: { ...env, NODE_OPTIONS: options }, log: join(from.dir, `${name}.log`) },
  });
  from.undone.add(part.stop);
  return part;
}

const userOf = (nth: number) => ({ id: userId(nth), token: userId(nth) });

/** The bare relay: a gateway, a store, and the servers of the cluster. */
export async function startRelay(commits: "each" | "group", from: Start): Promise<System> {
  const servers = await startServers(from);
  const env = { NATS_URL: servers.natsUrl, MYSQL_URL: servers.adminUrl, COMMITS: commits };
  const store = await startPart("store", env, from);
  const gateway = await startPart("gateway", env, from);
  const parts = [
    { name: "gateway", pid: gateway.pid },
    { name: "store", pid: store.pid },
  ];
  return {
    ...{ name: `relay-${commits}`, dialect: "relay", urls: gateway.urls, userOf },
    processes: () => [...parts, ...servers.processes],
  };
}

/** A server of sockets that does nothing. */
export async function startBareWs(from: Start): Promise<System> {
  const server = await startPart("bare-ws", {}, from);
  return {
    ...{ name: "bare-ws", dialect: "bare", urls: server.urls, userOf },
    processes: () => [{ name: "gateway", pid: server.pid }],
  };
}
