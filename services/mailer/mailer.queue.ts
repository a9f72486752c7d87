import type { Logger } from "moleculer";
import type { MailerRepository, Mail } from "./mailer.repository.ts";
import { afterFailure } from "./mailer.rules.ts";
import type { Transport } from "./mailer.transport.ts";

/** Looks at the store this often even when nobody rings: another process may have queued a mail. */
const LONGEST_SLEEP_MS = 5_000;

/** A mail server may quote the mail it refuses, and with it a key. */
const withoutLinks = (text: string) => text.replace(/https?:\S*/gi, "[link]");

export type Queue = {
  /** Says that a mail may be due. */
  ring(): void;
  /** Resolves once the mail under way is out or put back. */
  stop(): Promise<void>;
};

/**
 * Sends what is due, one mail after the other. Each is sent at least once: where the process dies between the mail
 * server's yes and our note of it, it is sent again under the same Message-ID.
 */
export function startQueue(repository: MailerRepository, transport: Transport, log: Logger): Queue {
  const stopping = new AbortController();
  let wake = () => {};
  let rung = false;

  const attempt = async (mail: Mail) => {
    try {
      await transport.deliver(mail);
      await repository.markSent(mail.id, transport.keepsText);
    } catch (error) {
      const reason = withoutLinks(String(error instanceof Error ? error.message : error)).slice(0, 255);
      const verdict = afterFailure(error, mail.attempts);
      if (verdict.giveUp) {
        log.error(`mail ${mail.id} is given up after ${mail.attempts} attempt(s): ${reason}`);
        await repository.markFailed(mail.id, reason);
      } else {
        log.warn(`mail ${mail.id} is not sent yet, next attempt in ${verdict.waitMs / 1000} s: ${reason}`);
        await repository.postpone(mail.id, reason, Date.now() + verdict.waitMs);
      }
    }
  };

  const sleep = async () => {
    const dueAt = (await repository.nextDueAt()) ?? Infinity;
    const ms = Math.min(Math.max(dueAt - Date.now(), 0), LONGEST_SLEEP_MS);
    if (rung || stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      wake = () => (clearTimeout(timer), resolve());
    });
  };

  const round = async () => {
    rung = false;
    for (let mail = await repository.claim(); mail; mail = await repository.claim()) {
      await attempt(mail);
      if (stopping.signal.aborted) return;
    }
    await sleep();
  };

  const run = async () => {
    while (!stopping.signal.aborted)
      await round().catch(async (error: unknown) => {
        log.error({ err: error }, "the mail queue cannot reach its store");
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      });
  };
  const running = run();

  return {
    ring() {
      rung = true;
      wake();
    },
    async stop() {
      stopping.abort();
      wake();
      await running;
    },
  };
}
