import type { Logger } from "moleculer";
import { statementFault } from "./db.ts";
import { typeOf } from "./errors.ts";

type About = { requestID: string | null; action?: string };

/**
 * What an action's error is to who called it: what a store failed with becomes a fault. Over the bus an error loses its
 * cause, so it is logged here, where it happened.
 */
export function leaving(log: Logger | undefined, about: About, error: unknown): unknown {
  const left = isSqlError(error) ? Object.assign(statementFault(error), { cause: error }) : error;
  const isOurs = typeOf(left) === undefined || (left as Error).cause !== undefined;
  if (isOurs) log?.error({ err: left, ...about }, "an action failed");
  return left;
}

/** Of a query outside a transaction, so of one statement: it was done, or it was not. */
const isSqlError = (error: unknown) =>
  typeOf(error) === undefined &&
  error instanceof Error &&
  ("code" in error || error.name === "KnexTimeoutError");
