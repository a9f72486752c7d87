import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IMAGES, runContainer } from "./docker.ts";
import { start, type Running } from "./process.ts";
import { provide, type Machine } from "./provide.ts";

type Options = {
  /** Give the port to have it again where it was. */
  port?: number;
  /** Of the user `rewind`. Without one, anybody on this machine may join. */
  password?: string;
  /** Where its configuration and its log are; a temporary one where not given. */
  dir?: string;
  log?: string;
  /** Ended by the kernel when this process dies. */
  dieWithParent?: boolean;
  machine?: Machine;
};

const USER = "rewind";
const READY = /Server is ready/;

/** Starts a private nats-server on 127.0.0.1. */
export async function startNats(options: Options = {}): Promise<Running> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "rewind-nats-"));
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { port: wanted, password, log = join(dir, "nats.log"), dieWithParent = false, machine } = options;
  const login = password === undefined ? "" : `${USER}:${encodeURIComponent(password)}@`;
  const url = (port: number) => `nats://${login}127.0.0.1:${port}`;
  const server = await provide(
    "nats-server",
    (file) => {
      const settings = join(dir, "nats.conf");
      writeFileSync(settings, configuration("127.0.0.1", password), { mode: 0o600 });
      const args = (port: number) => ["-c", settings, "-p", String(port)];
      return start({ file, args, ready: READY, log, url, dieWithParent }, wanted);
    },
    (docker) => {
      const settings = { content: configuration("0.0.0.0", password), target: "/nats.conf" };
      const container = docker
        .container(IMAGES.nats)
        .withCopyContentToContainer([settings])
        .withCommand(["-c", settings.target])
        .withWaitStrategy(docker.whenSaid(READY));
      return runContainer(docker, container, { inside: 4222, port: wanted }, url);
    },
    machine,
  );
  if (options.dir === undefined)
    void server.exited.finally(() => rmSync(dir, { recursive: true, force: true }));
  return server;
}

/** In a file and not in arguments, which everybody on this machine can read. */
const configuration = (host: string, password: string | undefined) =>
  JSON.stringify({
    host,
    // A gateway that falls behind in a burst is waited for, in memory, before it is cut off.
    max_pending: 256 * 1024 * 1024,
    max_payload: 8 * 1024 * 1024, // a page of long messages, a long list of friends
    ...(password !== undefined && { authorization: { user: USER, password } }),
  });
