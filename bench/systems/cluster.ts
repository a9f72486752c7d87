import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Proc } from "../processes.ts";
import { fill } from "./fill.ts";
import { startScript, webSocketUrls } from "./rewind.ts";
import { userOf } from "./seed.ts";
import { filling, startServers } from "./servers.ts";
import type { Start, System } from "./system.ts";

type Entry = { name: string; pid?: number };

/** `npm run cluster`, on servers of ours. */
export async function startCluster(from: Start): Promise<System> {
  const { plan, options } = from;
  const servers = await startServers(from);
  const counts = { chat: plan.chat ?? options.chat, gateways: plan.gateways ?? options.gateways };
  const args = Object.entries(counts).flatMap(([kind, count]) => [`--${kind}`, String(count)]);
  const urls = { NATS_URL: servers.natsUrl, MYSQL_URL: servers.adminUrl };
  const cluster = await startScript("cluster", args, urls, from);
  from.undone.add(cluster.stop);
  await filling(servers.adminUrl, (target) => fill(target, plan.seed));
  const list = join(from.dir, "data/cluster.json");
  const parts = (): Proc[] =>
    (JSON.parse(readFileSync(list, "utf8")) as Entry[]).map(({ name, pid = 0 }) => ({ name, pid }));
  return {
    ...{ name: "cluster", dialect: "rewind", urls: webSocketUrls(cluster), userOf },
    processes: () => [...parts(), ...servers.processes],
  };
}
