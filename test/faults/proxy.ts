import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { socketsOf } from "../support/proc.ts";

export type Slowness = { latencyMs: number; bytesPerSecond: number };
type Link = { near: Socket; far: Socket; slowness?: Slowness };
/** Which of the connections through a proxy: those of a process, or all. */
export type Which = { pid: number } | "all";

/** What may wait in a slow link before no more is read. */
const FULL_BYTES = 256 * 1024;
const HOST = "127.0.0.1";

/** A TCP port of one's own in front of another one, to cut, to refuse and to slow what goes through it. */
export class Proxy {
  readonly port: number;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #slowness: Slowness | undefined;
  #isRefusing = false;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.port = portOf(server);
    server.on("connection", (near: Socket) => this.#accept(near, target));
  }

  /** Resolves when it listens, on a port of its own choice. */
  static async open(target: number): Promise<Proxy> {
    const server = createServer({ noDelay: true }).listen(0, HOST);
    await once(server, "listening");
    return new Proxy(server, target);
  }

  /** Resets connections, as when a cable is pulled and somebody notices. @returns how many */
  cut(which: Which = "all"): number {
    const links = this.#those(which);
    for (const { near, far } of links) for (const socket of [near, far]) socket.resetAndDestroy();
    return links.length;
  }

  /** While refusing, whoever connects is reset at once. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
  }

  /** Slows connections; `all` includes those to come, and `undefined` lifts it. */
  slow(slowness: Slowness | undefined, which: Which = "all"): void {
    if (which === "all") this.#slowness = slowness;
    for (const link of this.#those(which)) link.slowness = slowness;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.cut();
  }

  /** The near end of a process's connection is a port that the process has open. */
  #those(which: Which): Link[] {
    if (which === "all") return [...this.#links];
    const ports = new Set(socketsOf(which.pid).map(({ localPort }) => localPort));
    return [...this.#links].filter(({ near }) => ports.has(near.remotePort ?? 0));
  }

  #accept(near: Socket, target: number): void {
    near.on("error", () => {}); // close follows
    if (this.#isRefusing) return void near.resetAndDestroy();
    const far = connect({ port: target, host: HOST, noDelay: true });
    const link: Link = { near, far, slowness: this.#slowness };
    this.#links.add(link);
    far.on("error", () => near.resetAndDestroy());
    forward(near, far, link);
    forward(far, near, link);
    near.once("close", () => (this.#links.delete(link), far.destroy()));
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

/** Byte for byte in order; as fast as it is read, or as slow as the link is just then. */
function forward(from: Socket, to: Socket, link: Link): void {
  const queue: { due: number; chunk: Buffer }[] = [];
  let waiting = 0;
  let freeAt = 0;
  let hasEnded = false;
  let timer: NodeJS.Timeout | undefined;

  const flush = () => {
    timer = undefined;
    for (let head = queue[0]; head && head.due <= performance.now(); head = queue[0]) {
      queue.shift();
      waiting -= head.chunk.length;
      if (!to.destroyed) to.write(head.chunk);
    }
    const [next] = queue;
    if (next) timer = setTimeout(flush, Math.ceil(next.due - performance.now()));
    else if (hasEnded) to.end();
    if (waiting < FULL_BYTES) from.resume();
  };
  from.on("data", (chunk: Buffer) => {
    const now = performance.now();
    const { slowness } = link;
    if (!slowness && queue.length === 0) {
      if (to.destroyed || to.write(chunk)) return;
      from.pause();
      to.once("drain", () => from.resume());
      return;
    }
    const due = Math.max(now + (slowness?.latencyMs ?? 0), freeAt);
    freeAt = due + (slowness ? (1000 * chunk.length) / slowness.bytesPerSecond : 0);
    queue.push({ due, chunk });
    waiting += chunk.length;
    if (waiting >= FULL_BYTES) from.pause();
    timer ??= setTimeout(flush, Math.ceil(due - now));
  });
  from.on("end", () => {
    hasEnded = true;
    if (queue.length === 0) to.end();
  });
  to.once("close", () => {
    clearTimeout(timer);
    queue.length = 0;
    from.destroy();
  });
}
