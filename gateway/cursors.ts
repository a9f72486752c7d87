import type { ResultOf } from "../services/common/bus.ts";
import { CURSORS } from "../services/chat/chat.contract.ts";
import type { Call } from "./call.ts";

/** How far each conversation of a user has come. */
export async function readCursors(
  call: Call,
  userId: string,
  patience?: number,
): Promise<Map<string, number>> {
  const cursors = new Map<string, number>();
  let page: ResultOf<"chat.cursors">;
  let after: string | undefined;
  do {
    page = await call("chat.cursors", { userId, after }, { writes: false, patience });
    for (const { conversationId, lastSeq } of page) cursors.set(conversationId, lastSeq);
    after = page.at(-1)?.conversationId;
  } while (page.length === CURSORS);
  return cursors;
}
