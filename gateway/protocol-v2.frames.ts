import { message as stored, seq, type Message } from "../services/chat/chat.contract.ts";
import type { Parsed, Rule, Rules } from "../services/common/contract.ts";
import { OWN_NONCE } from "./session.ts";
import { content, id, nonce, user, users } from "../services/common/rules.ts";

/** How protocol v2 writes messages, chats and times: declared once, for the code and for its documents. */

const time = { type: "string", description: "ISO 8601, UTC, microseconds" } as const satisfies Rule;

export const message = {
  id,
  chat_id: id,
  user_id: id,
  content: { ...content, min: 0 },
  nonce: { ...nonce, nullable: true, description: "null unless one's own, and given" },
  seq: { ...seq, description: "of its last change" },
  sent_seq: { ...seq, description: "of its first" },
  created_at: time,
  edited_at: { ...time, nullable: true },
  deleted: stored.deleted,
} as const satisfies Rules;
const messageRule = { type: "object", props: message } as const;

const place = { chat_id: id, seq, unread: seq } as const;
const chat = {
  chat_id: id,
  peer: { type: "object", props: user },
  last_message: messageRule,
  last_seq: seq,
  read_seq: seq,
  unread: seq,
} as const satisfies Rules;
const kinds = { type: "enum", values: ["send", "edit", "delete"] } as const;
const only = <const T extends string>(type: T) => ({ type: "enum", values: [type] }) as const;
const cursor = { ...seq, nullable: true } as const;

/** Payloads of what the server says, by the frame's type. */
export const said = {
  hello: {
    heartbeat_interval_ms: seq,
    heartbeat_timeout_ms: seq,
    max_frame_bytes: seq,
    max_content: seq,
    burst: seq,
    rate: { ...seq, description: "frames a second" },
  },
  auth: { user: { type: "object", props: user }, requests: users, friends: users },
  sync: { reload: { type: "array", items: id } },
  chat: { type: kinds, message: messageRule },
  "load/chat": {
    type: only("chat"),
    chat_id: id,
    messages: { type: "array", items: messageRule },
    before: cursor,
    after: cursor,
  },
  "load/chats": {
    type: only("chats"),
    chats: { type: "array", items: { type: "object", props: chat } },
    before: { type: "string", nullable: true },
  },
  "load/friends": { type: only("friends"), friends: users, requests: users },
  read: place,
  typing: { chat_id: id, user_id: id, expires_in_ms: seq },
  user,
  mutual_users: {
    type: { type: "enum", values: ["request", "response", "remove", "delete"] },
    user: { type: "object", props: user },
  },
  error: {
    code: { type: "number", integer: true },
    type: { type: "string", description: "names the failure, for programs" },
    reason: { type: "string", description: "for people" },
    outcome: { type: "enum", values: ["not_done", "unknown"] },
    retry_after_ms: { ...seq, optional: true },
  },
} as const satisfies Record<string, Rules>;

export type Said = { [T in keyof typeof said]: Parsed<(typeof said)[T]> };

const MICROS_A_SECOND = 1_000_000;
/** Of one second after the other: most messages are of the last one. */
let known = { second: -1, text: "" };
/** Microseconds since 1970 as `YYYY-MM-DDTHH:MM:SS.ffffffZ`. */
const isoTime = (micros: number) => {
  const second = Math.floor(micros / MICROS_A_SECOND);
  if (second !== known.second)
    known = { second, text: new Date(second * 1_000).toISOString().slice(0, -"000Z".length) };
  return `${known.text}${String(micros % MICROS_A_SECOND).padStart(6, "0")}Z`;
};

export const messageOf = (it: Message, receiverId: string): Said["chat"]["message"] => ({
  id: it.id,
  chat_id: it.conversationId,
  user_id: it.authorId,
  content: it.content,
  nonce: it.authorId === receiverId && !it.nonce.startsWith(OWN_NONCE) ? it.nonce : null,
  seq: it.seq,
  sent_seq: it.sentSeq,
  created_at: isoTime(it.createdAt),
  edited_at: it.editedAt === null ? null : isoTime(it.editedAt),
  deleted: it.deleted,
});
