import { binary } from "./binary.ts";
import { freePort, listening, run, running, type Running } from "./process.ts";

/** Starts a private nats-server. Give the port to have it again where it was. */
export async function startNats({ port: wanted }: { port?: number } = {}): Promise<Running> {
  const port = wanted ?? (await freePort());
  const child = run(binary("nats-server"), ["-a", "127.0.0.1", "-p", String(port)]);
  await listening(child, port);
  return running(child, port, `nats://127.0.0.1:${port}`);
}
