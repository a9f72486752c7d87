import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPrograms } from "./find.ts";
import { freePort } from "./ports.ts";
import { startServer, type Command, type Started } from "./spawn.ts";

const IMAGE = "nats:2.11.8-alpine";

export type NatsOptions = { dir: string; port: number; monitorPort: number; password?: string };

export const natsUrl = ({ port, password }: Pick<NatsOptions, "port" | "password">) =>
  `nats://${password === undefined ? "" : `rewind:${password}@`}127.0.0.1:${port}`;

/** In a file, because everyone on the machine can read a command line. */
const settings = ({ port, monitorPort, password }: NatsOptions, host: string) =>
  [
    `listen: "${host}:${port}"`,
    `http: "${host}:${monitorPort}"`,
    ...(password === undefined ? [] : [`authorization { user: "rewind", password: "${password}" }`]),
  ].join("\n");

/** A NATS server on 127.0.0.1 alone. `dir` holds its settings; it keeps no data. */
export function natsCommand(options: NatsOptions): Command {
  const { dir, port, monitorPort } = options;
  const programs = findPrograms("nats-server", ["nats-server"]);
  const file = join(dir, "nats.conf");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(file, settings(options, programs ? "127.0.0.1" : "0.0.0.0"), { mode: 0o600 });
  if (programs) return { file: programs[0] ?? "", args: ["--config", file] };
  const container = `rewind-nats-${port}`;
  const ports = [port, monitorPort].flatMap((it) => ["--publish", `127.0.0.1:${it}:${it}`]);
  const user = ["--user", `${process.getuid?.()}:${process.getgid?.()}`];
  const run = ["run", "--rm", "--name", container, ...user, ...ports, "--volume", `${file}:/nats.conf:ro`];
  return { file: "docker", args: [...run, IMAGE, "--config", "/nats.conf"], container };
}

export type Nats = Started & { url: string; port: number; monitorUrl: string };

/** Starts a private NATS server. With the same `port` it is, to its clients, the one that was there before. */
export async function startNats(given: Partial<NatsOptions> = {}): Promise<Nats> {
  const dir = given.dir ?? mkdtempSync(join(tmpdir(), "rewind-nats-"));
  const port = given.port ?? (await freePort());
  const monitorPort = given.monitorPort ?? (await freePort());
  const { pid, ...server } = await startServer(natsCommand({ ...given, dir, port, monitorPort }), port);
  const clean = async () => {
    if (given.dir === undefined) await rm(dir, { recursive: true, force: true });
  };
  return {
    url: natsUrl({ ...given, port }),
    port,
    monitorUrl: `http://127.0.0.1:${monitorPort}`,
    pid,
    stop: () => server.stop().then(clean),
    kill: () => server.kill().then(clean),
  };
}
