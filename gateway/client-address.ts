import type { IncomingMessage } from "node:http";
import proxyaddr from "proxy-addr";

/** Finds the address of a request's client; X-Forwarded-For is believed of the given proxies alone. */
export function clientAddress(trustProxy: string[]): (request: IncomingMessage) => string {
  const trust = proxyaddr.compile(trustProxy);
  return (request) => proxyaddr(request as Parameters<typeof proxyaddr>[0], trust);
}

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;
const LOCAL_HOST = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/i;

/**
 * Whether somebody at this very machine asks: over a loopback address, through no proxy, and by a name that no
 * foreign page can give this machine.
 */
export const isLocal = ({ socket, headers }: IncomingMessage): boolean =>
  LOOPBACK.test(socket.remoteAddress ?? "") &&
  LOCAL_HOST.test(headers.host ?? "") &&
  headers["x-forwarded-for"] === undefined &&
  headers.forwarded === undefined;
