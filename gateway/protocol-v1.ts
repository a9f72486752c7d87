import { framesV1 } from "./frames.ts";
import type { Incoming, Protocol } from "./protocol.ts";
import { pushV1 } from "./pushes.ts";

/** A client beats every 40 s; 5 s more are the network's. */
const SILENCE_MS = 45_000;

/** v1 tells some requests apart by what their payload holds. */
function rowOf({ type, payload }: Incoming): string {
  if (typeof type !== "string") return "";
  if (type === "user") return Object.hasOwn(payload, "profile") ? "user/profile" : "user";
  const { type: subtype, content } = payload;
  if (typeof subtype !== "string") return "";
  if (type === "chat" && subtype === "edit" && content === "") return "chat/delete";
  return `${type}/${subtype}`;
}

/** @param listsAsText see dart-lists.ts */
export const protocolV1 = (listsAsText: boolean): Protocol => ({
  subprotocol: "rewind.v1",
  resumes: false,
  maxFrameBytes: 16 * 1024,
  silenceMs: SILENCE_MS,
  frames: framesV1,
  rowOf,
  authenticated({ user, requests, friends }) {
    const list = (users: object[]) => (listsAsText ? JSON.stringify(users) : users);
    return {
      type: "auth",
      payload: { self_user: user, mutual_requests: list(requests), mutual_users: list(friends) },
    };
  },
  error: ({ wire, reason }) => ({ type: "error", payload: { code: wire, reason } }),
  push: pushV1,
  closeReason: (reason) => reason,
});
