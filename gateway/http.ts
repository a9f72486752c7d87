import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { Logger, ServiceBroker } from "moleculer";
import type { Bus } from "../services/common/bus.ts";
import type { Config } from "../services/common/config.ts";
import { fault, isFault } from "../services/common/errors.ts";
import { wireChecker } from "../services/common/validate.ts";
import type { Call } from "./call.ts";
import { clientAddress, isLocal } from "./client-address.ts";
import { failureOf, invalid, isOurs, type Failure } from "./failures.ts";
import { readiness } from "./health.ts";
import * as pages from "./pages/pages.ts";
import { routes, type ApiRoute, type MailboxRoute, type PageRoute } from "./routes.ts";

type Input = Record<string, unknown>;
/** A request as moleculer-web hands it over: body, query and path parsed. */
export type Request = IncomingMessage & { $params?: { body?: unknown; params?: Input } };
export type Handler = (request: Request, response: ServerResponse) => Promise<void>;
type Deps = { bus: Bus; call: Call; broker: ServiceBroker; config: Config; log: Logger };

const STYLE = readFileSync(join(import.meta.dirname, "pages/style.css"));
const CSP =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** Handlers by "METHOD /path", as moleculer-web's aliases want them. */
export function httpHandlers(deps: Deps): Record<string, Handler> {
  const handlers: Record<string, Handler> = {
    "GET /style.css": async (_, response) => send(response, 200, "text/css", STYLE),
    "GET /healthz": async (_, response) => sendJson(response, 200, { up: true }),
    "GET /readyz": async (_, response) => {
      const state = await readiness(deps.bus, deps.broker);
      sendJson(response, state.ready ? 200 : 503, state);
    },
  };
  for (const [path, route] of Object.entries<ApiRoute | PageRoute | MailboxRoute>(routes))
    handlers[path] = "action" in route ? apiHandler(route, deps) : pageHandler(route, deps);
  return Object.fromEntries(Object.entries(handlers).map(([path, handler]) => [path, answering(handler)]));
}

/** Nothing that a handler throws goes unanswered, or past it. */
const answering =
  (handler: Handler): Handler =>
  (request, response) =>
    handler(request, response).catch((error: unknown) => sendError(request, response, error));

function apiHandler(route: ApiRoute, { call, config, log }: Deps): Handler {
  const check = wireChecker(route.input);
  const addressOf = clientAddress(config.trustProxy);
  return async (request, response) => {
    const input = inputOf(request);
    try {
      const problems = check(input);
      if (problems.length > 0) throw invalid(problems);
      const asker = { address: addressOf(request), nonce: randomUUID() };
      const params = route.params(input as never, asker) as never;
      const result = await call(route.action, params, { writes: route.writes, requestID: asker.nonce });
      if (wantsPage(request)) sendPage(response, 201, route.page(result as never, config));
      else sendJson(response, 201, route.reply(result as never));
    } catch (error) {
      const failure = failureOf(error, route.writes);
      if (isOurs(failure)) log.error({ err: error, action: route.action }, "a request failed");
      if (wantsPage(request)) sendProblemPage(response, failure, route.problemPage(failure, input));
      else sendFailure(response, failure);
    }
  };
}

const pageHandler = (route: PageRoute | MailboxRoute, { call, config }: Deps): Handler => {
  if ("page" in route) return async (_, response) => sendPage(response, 200, route.page(config));
  return async (request, response) => {
    if (!config.devMailbox || !isLocal(request)) throw fault("NOT_FOUND");
    const mails = await call("mailer.mailbox", {}, { writes: false });
    sendPage(response, 200, pages.mailbox({ mails }));
  };
};

/** What goes wrong around handlers: unknown paths, bodies that cannot be read, pages that cannot be made. */
export function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const { status = 0, code = 0 } = (error ?? {}) as { status?: number; code?: number };
  const failure = failureOf(isFault(error) ? error : (unread[status || code] ?? error), false);
  if (wantsPage(request))
    sendProblemPage(response, failure, pages.problem({ status: failure.status, message: failure.reason }));
  else sendFailure(response, failure);
}
const unread: Record<number, unknown> = {
  400: fault("INVALID", "the body cannot be read: a form or a JSON object is needed."),
  403: fault("ORIGIN"),
  404: fault("NOT_FOUND"),
  413: fault("TOO_LARGE"),
  415: fault("INVALID", "the body's encoding is not supported."),
};

const isRecord = (value: unknown): value is Input => typeof value === "object" && value !== null;
function inputOf({ $params: { body, params } = {} }: Request): Input {
  return { ...(isRecord(body) ? body : {}), ...params };
}

const wantsPage = ({ headers: { accept = "" } }: IncomingMessage) => accept.includes("text/html");

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    "Content-Type": `${type}; charset=utf-8`,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
  });
  response.end(body);
}

const sendPage = (response: ServerResponse, status: number, page: string) =>
  send(response, status, "text/html", page);
const sendJson = (response: ServerResponse, status: number, body: object) =>
  send(response, status, "application/json", JSON.stringify(body));

function retryAfter(response: ServerResponse, { retryAfter: seconds }: Failure): void {
  if (seconds !== undefined) response.setHeader("Retry-After", seconds);
}
function sendProblemPage(response: ServerResponse, failure: Failure, page: string): void {
  retryAfter(response, failure);
  sendPage(response, failure.status, page);
}
function sendFailure(response: ServerResponse, failure: Failure): void {
  retryAfter(response, failure);
  sendJson(response, failure.status, { type: "error", payload: { message: failure.reason } });
}
