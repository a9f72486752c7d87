import { fault, faults, isFault, typeOf, type FaultType } from "../services/common/errors.ts";
import type { Complaint } from "../services/common/validate.ts";

/** What a client is told of an error. Nothing else of it leaves the gateway. */
export type Failure = {
  type: FaultType;
  /** Code of the WebSocket error frame. */
  wire: number;
  /** HTTP status. */
  status: number;
  reason: string;
  problems: Complaint[];
  /** Seconds after which another try makes sense. */
  retryAfter?: number;
};

/** Moleculer's own errors that say the call never ran. */
const NOT_RUN = new Set([
  "SERVICE_NOT_FOUND",
  "SERVICE_NOT_AVAILABLE",
  "REQUEST_SKIPPED",
  "QUEUE_FULL",
  "BAD_GATEWAY",
]);

export const didNotRun = (error: unknown) => NOT_RUN.has(typeOf(error) ?? "");

export const invalid = (problems: Complaint[]) =>
  fault("INVALID", problems.map(({ message }) => message).join(" "), { problems });

/** @param writes whether the failed request could have changed anything */
export function failureOf(error: unknown, writes: boolean): Failure {
  if (isFault(error)) return toFailure(error.type as FaultType, error.message, error.data);
  const type = typeOf(error);
  if (type === "VALIDATION_ERROR") return failureOf(invalid(complaintsOf(error)), writes);
  if (didNotRun(error)) return toFailure("UNAVAILABLE");
  return toFailure(writes ? "UNKNOWN" : "FAILED");
}

/** Whether an error is ours to look into, rather than the client's to mend. */
export const isOurs = ({ status }: Failure) => status >= 500;

const complaintsOf = (error: unknown): Complaint[] => {
  const data = (error as { data?: unknown }).data;
  return Array.isArray(data) ? data : [];
};

type Data = { problems?: Complaint[]; retryAfter?: number };
const toFailure = (type: FaultType, reason: string = faults[type].reason, data: unknown = {}): Failure => {
  const { problems = [], retryAfter } = (data ?? {}) as Data;
  return { type, ...faults[type], reason, problems, retryAfter };
};
