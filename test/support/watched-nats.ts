import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { provide } from "../../scripts/servers/provide.ts";
import { freePort, start } from "../../scripts/servers/process.ts";
import { atEnd } from "./server.ts";

/** A connection to NATS, as its server sees it. */
export type Connection = { cid: number; out_msgs: number; subscriptions_list?: string[] };

/** A nats-server that tells who listens to what. */
export const startWatchedNats = async () => {
  const dir = mkdtempSync(join(tmpdir(), "rewind-nats-"));
  atEnd(() => rmSync(dir, { recursive: true, force: true }));
  const monitor = await freePort();
  const settings = join(dir, "nats.conf");
  writeFileSync(settings, JSON.stringify({ host: "127.0.0.1", http: `127.0.0.1:${monitor}` }));
  const native = (file: string) =>
    start({
      file,
      args: (port) => ["-c", settings, "-p", String(port)],
      ready: /Server is ready/,
      log: join(dir, "nats.log"),
      url: (port) => `nats://127.0.0.1:${port}`,
      dieWithParent: true,
    });
  const server = await provide("nats-server", native, async () => {
    throw new Error("nats-server is needed on PATH: its monitoring is not to be had of a container");
  });
  atEnd(() => server.stop("SIGKILL"));
  return {
    url: server.url,
    /** The connection of a process of ours: it is the one that hears answers to its name, of which this is the begin. */
    async connectionOf(name: string): Promise<Connection> {
      const response = await fetch(`http://127.0.0.1:${monitor}/connz?subs=1&limit=1000`);
      const { connections } = (await response.json()) as { connections: Connection[] };
      const answersTo = (subject: string) => subject.includes(`.RES.${name}`);
      const found = connections.find(({ subscriptions_list: list }) => list?.some(answersTo));
      if (!found) throw new Error(`${name} is not connected`);
      return found;
    },
  };
};
