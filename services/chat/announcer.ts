import type { Logger } from "moleculer";
import { planted } from "../common/failpoints.ts";
import type { PushBus } from "../common/push-bus.ts";
import type { Conversation } from "./chat.repository.ts";

/** What happened for so long back is announced: longer than it takes to notice that a process died. */
const BACK_MS = 60_000;
const RETRY_MS = 1_000;

type Deps = { recent(since: number): Promise<Conversation[]>; push: PushBus; log: Logger };

/**
 * A process that dies between its commit and its push leaves a change of which nobody is told. So whenever one has
 * died, or could not be heard, those that live say of each conversation that moved lately how far it is; gateways
 * fetch what they lack.
 */
export function announcer({ recent, push, log }: Deps): () => void {
  let underWay: Promise<void> | undefined;
  let again = false;

  const announce = async (): Promise<void> => {
    if (planted("chat.skip-announcement")) return;
    const moved = await recent(Date.now() - BACK_MS);
    for (const { id, lowId, highId, lastSeq } of moved)
      push.toUsers([lowId, highId], "chat.conversation.moved", { conversationId: id, seq: lastSeq });
  };

  const run = async (): Promise<void> => {
    do {
      again = false;
      await announce().catch((error: unknown) => {
        log.warn({ err: error }, "what happened lately cannot be announced yet");
        setTimeout(start, RETRY_MS).unref();
      });
    } while (again);
  };
  const start = (): void => {
    again = true;
    underWay ??= run().finally(() => (underWay = undefined));
  };
  return start;
}
