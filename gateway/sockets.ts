import { randomBytes } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Logger } from "moleculer";
import { WebSocketServer } from "ws";
import type { Config } from "../services/common/config.ts";
import type { Meter } from "../services/common/metrics.ts";
import type { PushBus } from "../services/common/push-bus.ts";
import { frameAnswerer } from "./answer.ts";
import type { Call } from "./call.ts";
import { wantsListsAsText } from "./dart-lists.ts";
import { createInterest } from "./interest.ts";
import { isAllowedOrigin } from "./origins.ts";
import type { Protocol } from "./protocol.ts";
import { protocolV1 } from "./protocol-v1.ts";
import { protocolV2 } from "./protocol-v2.ts";
import { Session } from "./session.ts";

const PATH = "/ws";
/** A frame above this ends the socket with 1009, unread. */
const MAX_PAYLOAD_BYTES = 64 * 1024;
const HEARTBEAT_CHECK_MS = 1_000;

export type Sockets = {
  /** Takes no more sockets, answers what has been received, closes them all. */
  drain(): Promise<void>;
};
type Deps = { call: Call; push: PushBus; config: Config; log: Logger; meter: Meter };

/** Serves `/ws` on an HTTP server. */
export function serveSockets(server: Server, deps: Deps): Sockets {
  const { config, meter } = deps;
  const sessions = new Set<Session>();
  const interest = createInterest(deps);
  const answer = frameAnswerer({ ...deps, interest });
  const process = randomBytes(9).toString("base64url");
  let opened = 0;

  const v1 = { lists: protocolV1(false), listsAsText: protocolV1(true) };
  /** No subprotocol, or none that we know: v1. */
  const protocolOf = (subprotocol: string, request: IncomingMessage): Protocol =>
    subprotocol === protocolV2.subprotocol ? protocolV2 : v1Of(request);
  const v1Of = (request: IncomingMessage): Protocol =>
    wantsListsAsText(config.v1Lists, request.headers["user-agent"]) ? v1.listsAsText : v1.lists;

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_PAYLOAD_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) =>
      [protocolV2, v1.lists].find(({ subprotocol }) => offered.has(subprotocol))?.subprotocol ?? false,
  });

  const onClose = (session: Session) => {
    sessions.delete(session);
    if (session.userId !== undefined) interest.leave(session.userId, session);
  };
  sockets.on("connection", (socket, request: IncomingMessage) => {
    const id = `${process}.${(opened += 1)}`;
    const { rateLimit } = config;
    sessions.add(
      new Session(socket, { id, protocol: protocolOf(socket.protocol, request), rateLimit, answer, onClose }),
    );
  });

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (pathOf(request) !== PATH) return refuse(socket, "404 Not Found");
    if (!isAllowedOrigin(request, config)) return refuse(socket, "403 Forbidden");
    sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit("connection", ws, request));
  };
  server.on("upgrade", upgrade);

  watch(meter, sessions);

  const check = setInterval(() => {
    const now = Date.now();
    for (const session of sessions) session.checkHeartbeat(now);
  }, HEARTBEAT_CHECK_MS).unref();

  return {
    async drain() {
      clearInterval(check);
      server.off("upgrade", upgrade);
      server.on("upgrade", (_, socket: Duplex) => refuse(socket, "503 Service Unavailable"));
      await Promise.all([...sessions].map((session) => session.drain()));
    },
  };
}

function watch(meter: Meter, sessions: Set<Session>): void {
  const sum = (of: (session: Session) => number) => () => [...sessions].reduce((all, it) => all + of(it), 0);
  meter.watch("rewind.gateway.sockets", {}, () => sessions.size);
  meter.watch(
    "rewind.gateway.frames.waiting",
    {},
    sum(({ waiting }) => waiting),
  );
  meter.watch(
    "rewind.gateway.backlog.bytes",
    {},
    sum(({ backlog }) => backlog),
  );
}

const pathOf = ({ url = "" }: IncomingMessage) => url.split("?", 1)[0];

function refuse(socket: Duplex, status: string): void {
  socket.on("error", () => {});
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
