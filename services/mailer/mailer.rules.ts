/** Waits before the next attempt, in milliseconds: 5 s, doubled each time, at most an hour. */
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 3_600_000;
/** About nine hours of trying. */
export const MOST_ATTEMPTS = 18;

type SmtpError = { responseCode?: number; message?: string };
export type Verdict = { giveUp: true } | { giveUp: false; waitMs: number };

/** What to do after the `attempts`th failure. 55x refuses the mail itself, for good; other refusals (535: our login) can be mended. */
export function afterFailure(error: unknown, attempts: number): Verdict {
  const { responseCode = 0 } = (error ?? {}) as SmtpError;
  const isRejected = responseCode >= 550 && responseCode < 560;
  if (isRejected || attempts >= MOST_ATTEMPTS) return { giveUp: true };
  return { giveUp: false, waitMs: Math.min(FIRST_WAIT_MS * 2 ** (attempts - 1), LONGEST_WAIT_MS) };
}
