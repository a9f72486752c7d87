import type { GenericContainer, StartedTestContainer, WaitStrategy } from "testcontainers";
import type { Running } from "./process.ts";

/** The images of docker-compose.yml. */
export const IMAGES = { nats: "nats:2.12.8-alpine", mariadb: "mariadb:10.11.19" };

/** Docker, by testcontainers: it also takes the containers away when this process dies. */
export type Docker = {
  container(image: string): GenericContainer;
  /** A line of its log. */
  whenSaid(line: RegExp): WaitStrategy;
  /** Resolves when the container has ended. */
  ended(container: StartedTestContainer): Promise<string>;
};

/** Undefined where nothing answers. Loaded only here: most machines have the servers' programs. */
export async function dockerHere(): Promise<Docker | undefined> {
  try {
    const { GenericContainer: Container, getContainerRuntimeClient, Wait } = await import("testcontainers");
    const { container: containers } = await getContainerRuntimeClient();
    return {
      container: (image) => new Container(image),
      whenSaid: (line) => Wait.forLogMessage(line),
      ended: async (container) => {
        const { StatusCode } = (await containers.getById(container.getId()).wait()) as { StatusCode: number };
        return `exit code ${StatusCode}`;
      },
    };
  } catch {
    return undefined; // neither the package, which production does without, nor a daemon must be there
  }
}

export async function runContainer(
  docker: Docker,
  container: GenericContainer,
  { inside, port: wanted }: { inside: number; port?: number },
  url: (port: number) => string,
): Promise<Running> {
  const exposed = wanted === undefined ? inside : { container: inside, host: wanted };
  const started = await container.withExposedPorts(exposed).start();
  const port = started.getMappedPort(inside);
  const exited = docker.ended(started);
  const stop = async (signal?: NodeJS.Signals) => {
    await started.stop({ timeout: signal === "SIGKILL" ? 0 : 10_000 });
    await exited.catch(() => {}); // taken away before it could be asked
  };
  return { url: url(port), port, pid: 0, exited, stop };
}
