import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { startMariadb } from "../../scripts/servers/mariadb.ts";
import { startNats } from "../../scripts/servers/nats.ts";
import type { Running } from "../../scripts/servers/process.ts";
import { Proxy } from "./proxy.ts";

/** A server that others stand on, reached by them through a proxy, and coming back where it was. */
export type OwnServer = {
  name: "nats" | "mariadb";
  proxy: Proxy;
  /** Past the proxy, for looking at it. */
  directUrl: string;
  /** What the system is told. */
  url: string;
  pid(): number;
  /** Ends it; resolves when it has ended. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again; resolves when it serves. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
};

async function ownServer(
  name: OwnServer["name"],
  start: (port?: number) => Promise<Running>,
): Promise<OwnServer> {
  let running = await start();
  const { port, url: directUrl } = running;
  if (running.pid === 0)
    throw new Error(`${name}: its program is needed on PATH, a container takes no signal`);
  const proxy = await Proxy.open(port);
  const url = new URL(directUrl);
  url.port = String(proxy.port);
  return {
    ...{ name, proxy, directUrl, url: url.href },
    pid: () => running.pid,
    end: (signal) => running.stop(signal),
    async comeBack() {
      running = await start(port);
    },
    async close() {
      await proxy.close();
      await running.stop("SIGKILL");
    },
  };
}

/** Flushes at commit, as in production: an acknowledged message is to survive a killed server. */
export async function startServers(dir: string): Promise<{ nats: OwnServer; mariadb: OwnServer }> {
  const options = (name: string) => ({
    ...{ dir: join(dir, name), log: join(dir, `${name}.log`) },
    ...{ password: randomBytes(18).toString("hex"), dieWithParent: true },
  });
  const [forNats, forMariadb] = [options("nats"), { ...options("mariadb"), durable: true }];
  const [nats, mariadb] = await Promise.all([
    ownServer("nats", (port) => startNats({ ...forNats, port })),
    ownServer("mariadb", (port) => startMariadb({ ...forMariadb, port })),
  ]);
  return { nats, mariadb };
}
