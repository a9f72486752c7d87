import { Errors } from "moleculer";

type Kind = {
  /** Code of the WebSocket error frame. */
  wire: number;
  /** HTTP status. */
  status: number;
  /** What a person reads, unless the place that fails knows better. */
  reason: string;
};

/**
 * Every failure a client can be told of. Over the bus only Moleculer's own error classes survive, so a fault is
 * known by its `type`, never by `instanceof`.
 */
export const faults = {
  INVALID: { wire: 4000, status: 400, reason: "invalid request." },
  TOO_LARGE: { wire: 4000, status: 413, reason: "too large." },
  ORIGIN: { wire: 4000, status: 403, reason: "this origin is not allowed (ALLOWED_ORIGINS)." },
  UNKNOWN_TYPE: { wire: 4000, status: 400, reason: "unknown type." },
  BINARY: { wire: 1003, status: 415, reason: "Binary data not supported." },
  NOT_JSON: { wire: 1007, status: 400, reason: "a JSON object is needed." },
  BAD_TOKEN: { wire: 4000, status: 401, reason: "the token is not valid, or has expired." },
  OTHER_USER: { wire: 4000, status: 403, reason: "this session belongs to another user." },
  UNAUTHENTICATED: { wire: 4001, status: 401, reason: "authentication required." },
  NO_HEARTBEAT: { wire: 4003, status: 400, reason: "Heartbeat required before auth." },
  BAD_CREDENTIALS: { wire: 4000, status: 401, reason: "email or password incorrect." },
  NAME_TAKEN: { wire: 4000, status: 400, reason: "name: already taken." },
  BAD_LINK: { wire: 4004, status: 404, reason: "The session has expired or does not exist." },
  NOT_FOUND: { wire: 4004, status: 404, reason: "not found." },
  USER_NOT_FOUND: { wire: 4004, status: 404, reason: "select named user is not exist." },
  CONVERSATION_NOT_FOUND: { wire: 4004, status: 404, reason: "the conversation does not exist." },
  MESSAGE_NOT_FOUND: { wire: 4004, status: 404, reason: "the message does not exist." },
  NOT_AUTHOR: { wire: 4000, status: 403, reason: "only its author may change a message." },
  NONCE_REUSED: { wire: 4000, status: 409, reason: "this nonce was used for something else." },
  ALREADY_REQUESTED: { wire: 4000, status: 409, reason: "select named user is already requested." },
  ALREADY_FRIENDS: { wire: 4000, status: 409, reason: "select named user is already friend." },
  NOT_REQUESTED: { wire: 4004, status: 404, reason: "targeted name was not requested." },
  NOT_FRIENDS: { wire: 4004, status: 404, reason: "select named user is not friend." },
  ONESELF: { wire: 4000, status: 400, reason: "that is yourself." },
  FULL: { wire: 4000, status: 409, reason: "there is no room for more." },
  THROTTLED: { wire: 4008, status: 429, reason: "too many attempts, try again later." },
  TOO_FAST: { wire: 4008, status: 429, reason: "too many frames: this one was not processed." },
  BUSY: { wire: 5003, status: 429, reason: "busy, try again in a moment." },
  UNAVAILABLE: {
    wire: 5003,
    status: 503,
    reason: "a part of the server is unavailable; nothing was changed, try again.",
  },
  FAILED: { wire: 5000, status: 500, reason: "the server failed; nothing was changed." },
  UNKNOWN: {
    wire: 5000,
    status: 500,
    reason: "the server failed; it is unknown whether anything was changed.",
  },
} as const satisfies Record<string, Kind>;
export type FaultType = keyof typeof faults;

/** The error a service throws: never retried by the bus. `data` reaches the gateway, not the client. */
export const fault = (type: FaultType, reason: string = faults[type].reason, data?: object) =>
  new Errors.MoleculerClientError(reason, faults[type].status, type, data);

export const typeOf = (error: unknown): string | undefined =>
  typeof error === "object" && error !== null && "type" in error && typeof error.type === "string"
    ? error.type
    : undefined;

export const isFault = (error: unknown, type?: FaultType): error is Errors.MoleculerError => {
  const known = typeOf(error);
  return known !== undefined && Object.hasOwn(faults, known) && (type === undefined || known === type);
};
