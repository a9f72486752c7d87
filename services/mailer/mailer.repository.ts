import type { Store } from "../common/db.ts";
import type { Ids } from "../common/ids.ts";
import type { Letter } from "./mailer.templates.ts";

type State = "queued" | "sent" | "failed";
export type Mail = Letter & {
  id: string;
  key: string;
  recipient: string;
  state: State;
  attempts: number;
  /** When the next attempt may be made, in milliseconds; while one is made, when another may take over. */
  dueAt: number;
  lastError: string | null;
  createdAt: number;
};

/** How long an attempt may take before another mailer may make one. */
const CLAIM_MS = 120_000;
const WIPED = { text: "", html: "" };

export function mailerRepository({ knex }: Store, ids: Ids) {
  const table = () => knex<Mail>("mails");
  return {
    /** After this resolves the mail is on disk. One mail a key. */
    async enqueue(key: string, recipient: string, letter: Letter): Promise<void> {
      const now = Date.now();
      const fresh = { state: "queued" as const, attempts: 0, lastError: null, createdAt: now, dueAt: now };
      await table()
        .insert({ id: ids.next("other"), key, recipient, ...letter, ...fresh })
        .onConflict("key")
        .ignore();
    },

    /** The mail that has waited longest, taken for one attempt by this caller alone. */
    async claim(): Promise<Mail | undefined> {
      const now = Date.now();
      const mail = await table()
        .where({ state: "queued" })
        .where("dueAt", "<=", now)
        .orderBy("dueAt")
        .first();
      if (!mail) return undefined;
      const { id, dueAt, attempts } = mail;
      const claimed = { attempts: attempts + 1, dueAt: now + CLAIM_MS };
      const won = await table().where({ id, state: "queued", dueAt, attempts }).update(claimed);
      return won === 1 ? { ...mail, ...claimed } : this.claim();
    },

    /** When the next mail is due, in milliseconds; undefined where none waits. */
    async nextDueAt(): Promise<number | undefined> {
      const next = await table().where({ state: "queued" }).orderBy("dueAt").first("dueAt");
      return next?.dueAt;
    },

    /** A sent mail is kept as a record only; its text, which holds a key, goes, unless `keepText`. */
    markSent: (id: string, keepText: boolean) =>
      table()
        .where({ id })
        .update({ state: "sent", lastError: null, ...(keepText ? {} : WIPED) }),
    markFailed: (id: string, lastError: string) =>
      table().where({ id }).update({ state: "failed", lastError }),
    postpone: (id: string, lastError: string, dueAt: number) =>
      table().where({ id }).update({ lastError, dueAt }),
    requeueFailed: (): Promise<number> =>
      table().where({ state: "failed" }).update({ state: "queued", attempts: 0, dueAt: Date.now() }),

    newest: (limit: number) =>
      table()
        .select("id", "recipient", "subject", "text", "html", "state", "attempts", "lastError", "createdAt")
        .orderBy("id", "desc")
        .limit(limit),

    async counts(): Promise<Record<State, number>> {
      const counts = { queued: 0, sent: 0, failed: 0 };
      const rows: { state: State; count: number }[] = await knex("mails")
        .select("state", knex.raw("count(*) as count"))
        .groupBy("state");
      for (const { state, count } of rows) counts[state] = Number(count);
      return counts;
    },
  };
}
export type MailerRepository = ReturnType<typeof mailerRepository>;
