import type { Failure } from "./types.ts";

export type Outcome = Failure["outcome"];
type Details = { code?: number; outcome?: Outcome; retryAfterMs?: number };

/** Codes of the server's errors from here on are failures of the server, which pass. */
const SERVER_FAILED = 5_000;
const TOO_MUCH = 4_008;

/**
 * What went wrong. `type` names it for programs: one of the server's (`INVALID`, `NOT_AUTHOR`, `UNAVAILABLE` ...), or
 * `CLOSED` (the client was closed), `DISCONNECTED` (the connection ended before an answer), `STORAGE` (the storage
 * failed), `UNREACHABLE` (no answer over HTTP) or `HTTP_401` and the like.
 */
export class RewindError extends Error {
  override readonly name = "RewindError";
  readonly type: string;
  /** The server's number of it, the status over HTTP, 0 where it is not the server's. */
  readonly code: number;
  /** For people. */
  readonly reason: string;
  /** Whether nothing was changed, or nobody knows. */
  readonly outcome: Outcome;
  /** Milliseconds after which another try makes sense, where the server says so. */
  readonly retryAfterMs: number | undefined;

  constructor(type: string, reason: string, details: Details = {}) {
    super(`${type}: ${reason}`);
    this.type = type;
    this.reason = reason;
    this.code = details.code ?? 0;
    this.outcome = details.outcome ?? "not_done";
    this.retryAfterMs = details.retryAfterMs;
  }

  /** Whether the same again may succeed. */
  get isPassing(): boolean {
    return this.outcome === "unknown" || this.code >= SERVER_FAILED || this.code === TOO_MUCH;
  }
}

export const failed = ({ type, reason, code, outcome, retry_after_ms }: Failure): RewindError =>
  new RewindError(type, reason, { code, outcome, retryAfterMs: retry_after_ms });

export const closed = (outcome: Outcome = "not_done"): RewindError =>
  new RewindError("CLOSED", "the client is closed.", { outcome });

export const disconnected = (wasSaid: boolean): RewindError =>
  new RewindError("DISCONNECTED", "the connection ended before an answer.", {
    outcome: wasSaid ? "unknown" : "not_done",
  });

export const isError = (error: unknown, type: string): boolean =>
  error instanceof RewindError && error.type === type;

/** What was thrown, as one of ours. */
export const asError = (error: unknown, type: string): RewindError =>
  error instanceof RewindError
    ? error
    : new RewindError(type, error instanceof Error ? error.message : String(error));
