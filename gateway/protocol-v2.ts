import { content } from "../services/common/rules.ts";
import { framesV2 } from "./frames-v2.ts";
import type { Incoming, Outgoing, Protocol } from "./protocol.ts";
import type { Said } from "./protocol-v2.frames.ts";
import { pushV2 } from "./pushes.ts";
import { BURST, HEARTBEAT_MS, RATE } from "./session.ts";

const MAX_FRAME_BYTES = 64 * 1024;
/** Browsers let a page that nobody looks at act once a minute. */
const SILENCE_MS = 90_000;
/** Clients that were sent away together do not come back together. */
const SPREAD_MS = 3_000;
/** Frames whose payload says which of several requests they are. */
const KINDS = new Set(["chat", "load", "mutual_users"]);

const frame = <T extends keyof Said>(type: T, payload: Said[T]): Outgoing => ({ type, payload });

function rowOf({ type, payload }: Incoming): string {
  if (typeof type !== "string" || type.includes("/")) return "";
  if (type === "user" && Object.hasOwn(payload, "profile")) return "user/profile";
  if (!KINDS.has(type)) return type;
  const { type: kind } = payload;
  return typeof kind === "string" ? `${type}/${kind}` : "";
}

export const protocolV2: Protocol = {
  subprotocol: "rewind.v2",
  resumes: true,
  maxFrameBytes: MAX_FRAME_BYTES,
  silenceMs: SILENCE_MS,
  frames: framesV2,
  rowOf,
  hello: () =>
    frame("hello", {
      heartbeat_interval_ms: HEARTBEAT_MS,
      heartbeat_timeout_ms: SILENCE_MS,
      max_frame_bytes: MAX_FRAME_BYTES,
      max_content: content.max,
      burst: BURST,
      rate: RATE,
    }),
  authenticated: (overview) => frame("auth", overview),
  error: ({ type, wire, reason, retryAfter }) =>
    frame("error", {
      ...{ code: wire, type, reason, outcome: type === "UNKNOWN" ? "unknown" : "not_done" },
      ...(retryAfter !== undefined && { retry_after_ms: retryAfter * 1_000 }),
    }),
  friends: ({ friends, requests }) => ({ type: "load", payload: { type: "friends", friends, requests } }),
  push: pushV2,
  closeReason: (reason, { reconnect = true, withinMs = SPREAD_MS }) =>
    JSON.stringify({ reconnect, after_ms: Math.floor(Math.random() * withinMs), reason }),
};
