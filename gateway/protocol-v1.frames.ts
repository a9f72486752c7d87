import type { Rule } from "../services/common/contract.ts";
import { fault } from "../services/common/errors.ts";
import type { Message } from "../services/chat/chat.contract.ts";
import { isSnowflake } from "../services/common/validate.ts";
import type { Outgoing } from "./protocol.ts";

/** How protocol v1 writes conversations and times. */

export const chatId = { type: "string", min: 1, max: 19 } as const satisfies Rule;
const ONESELF = "0";

/**
 * The other member of the direct conversation that v1 names by the XOR of both ids. Many pairs share a XOR: this
 * is only ever an answer for `userId`, and the conversation is stored under both ids.
 * @throws INVALID, and CONVERSATION_NOT_FOUND where no user can be meant
 */
export function peerOf(chat_id: string, userId: string): string {
  if (chat_id !== ONESELF && !isSnowflake(chat_id)) throw fault("INVALID", "chat_id: must be an id.");
  const peer = (BigInt(chat_id) ^ BigInt(userId)).toString();
  if (!isSnowflake(peer)) throw fault("CONVERSATION_NOT_FOUND");
  return peer;
}

const chatIdOf = ([a = "0", b = "0"]: string[]) => (BigInt(a) ^ BigInt(b)).toString();

const KOREA_MS = 9 * 3_600_000;
const MICROS = 1_000;

/** Microseconds since 1970 as Korean wall-clock time, `YYYY-MM-DD HH:MM:SS.ffffff`. */
export const createdAt = (micros: number) => {
  const wall = new Date(Math.floor(micros / MICROS) + KOREA_MS).toISOString();
  const rest = String(micros % MICROS).padStart(3, "0");
  return `${wall.slice(0, 10)} ${wall.slice(11, 23)}${rest}`;
};

/** The app leaves month and day unpadded, and writes 1 to 7 digits of a second. */
const MOMENT = /^(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,7}))?$/;

/**
 * Microseconds since 1970 of a base64 text like a `created_at`. A seventh digit rounds up: what is before the
 * text is before the answer, and nothing else is.
 * @throws INVALID
 */
export function momentOf(datetime: string): number {
  const [, year = "", ...rest] = MOMENT.exec(Buffer.from(datetime, "base64").toString("latin1")) ?? [];
  const [month, day, hour, minute, second] = rest.map((part = "") => part.padStart(2, "0"));
  const micros = MICROS * Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}+09:00`);
  const isReal = micros >= 0 && createdAt(micros).startsWith(`${year}-${month}-${day} ${hour}:`);
  if (!isReal) throw fault("INVALID", "datetime: must be base64 of YYYY-MM-DD HH:MM:SS.ffffff.");
  const tenths = Number((rest[5] ?? "").padEnd(7, "0"));
  return micros + Math.ceil(tenths / 10);
}

/** A deletion is an edit to nothing. */
export const chatFrame = (type: "send" | "edit", message: Message): Outgoing => ({
  type: "chat",
  payload: {
    type,
    id: message.id,
    user_id: message.authorId,
    chat_id: chatIdOf(message.members),
    content: message.content,
    created_at: createdAt(message.createdAt),
  },
});
