import { createServer, connect } from "node:net";

/** Below what systems give to outgoing connections, which could else take the port before its server does. */
const FIRST = 10_000;
const LAST = 32_000;
const TRIES = 50;

const isFree = (port: number, host: string) =>
  new Promise<boolean>((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });

/** The first of `count` ports in a row on which nothing listens. */
export async function freePort(count = 1, host = "127.0.0.1"): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const first = FIRST + Math.floor(Math.random() * (LAST - FIRST - count));
    const row = Array.from({ length: count }, (_, i) => isFree(first + i, host));
    if ((await Promise.all(row)).every(Boolean)) return first;
  }
  throw new Error(`no ${count} free ports in a row`);
}

const greeted = (port: number, host: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, host);
    const end = (heard: boolean) => {
      socket.destroy();
      resolve(heard);
    };
    socket.setTimeout(1_000, () => end(false));
    socket
      .once("data", () => end(true))
      .once("error", () => end(false))
      .once("close", () => end(false));
  });

/**
 * Resolves when a server that speaks first (NATS and MySQL do) greets on a port; with false once `isOver` says that
 * nobody waits any more.
 */
export async function greets(port: number, isOver: () => boolean, host = "127.0.0.1"): Promise<boolean> {
  while (!isOver()) {
    if (await greeted(port, host)) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
}
