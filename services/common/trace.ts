import { AsyncLocalStorage } from "node:async_hooks";
import type { Knex } from "knex";
import type { Logger } from "moleculer";

/** Follows a request into its SQL: at LOG_LEVEL=debug each query is logged with the request's id. */
export type Trace = { log: Logger; requests: AsyncLocalStorage<string> };

export const createTrace = (log: Logger): Trace => ({ log, requests: new AsyncLocalStorage<string>() });

export function traceQueries(db: Knex, { log, requests }: Trace): void {
  // The text alone: bindings hold what people wrote, and secrets.
  db.on("query", ({ sql }: { sql: string }) => log.debug({ requestID: requests.getStore(), sql }, "query"));
}
