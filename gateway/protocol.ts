import type { ResultOf } from "../services/common/bus.ts";
import type { Push } from "../services/common/push-bus.ts";
import type { Failure } from "./failures.ts";
import type { Frames } from "./frame-row.ts";
import type { Overview } from "./authenticate.ts";

/** A frame as it goes out. */
export type Outgoing = { type: string; payload: unknown };
/** Of a socket that is closed: whether its client may come back, and within how many milliseconds, chosen at random. */
export type Again = { reconnect?: boolean; withinMs?: number };
/** Where it is sent away alone, to be resumed. */
export const AT_ONCE: Again = { withinMs: 100 };
/** Names a request; comes back with its reply. */
export type Ref = string | undefined;
/** A frame as it came in: objects with whatever a client put in them. */
export type Incoming = { type?: unknown; payload: Record<string, unknown> };

/**
 * How frames look to a client: one implementation a protocol version. The gateway picks one when a socket opens;
 * services know none.
 */
export interface Protocol {
  /** The WebSocket subprotocol that asks for this version. */
  readonly subprotocol: string;
  /** Whether a session hears of conversations only once it has said what it knows of them (`sync`). */
  readonly resumes: boolean;
  readonly maxFrameBytes: number;
  /** A socket without a heartbeat for so long is closed. */
  readonly silenceMs: number;
  readonly frames: Frames;
  /** The key in `frames` of what a frame asks for; a key that is not there is an unknown type. */
  rowOf(frame: Incoming): string;
  /** The first frame of a socket. */
  hello?(): Outgoing;
  /** The answer to a successful auth. */
  authenticated(overview: Overview): Outgoing;
  error(failure: Failure): Outgoing;
  /** One's friends and requests as they now stand, said unasked where changes of them may have been missed. */
  friends?(overview: ResultOf<"friends.overview">): Outgoing;
  /** What a push looks like to the user who gets it; null where this version says nothing. */
  push(push: Push, receiverId: string): Outgoing | null;
  /** The reason in a close frame, 123 bytes at most. */
  closeReason(reason: string, again: Again): string;
}
