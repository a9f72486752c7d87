import { signal } from "@preact/signals";
import { inBrowser, inTab } from "./kept.ts";
import { forgetRefused } from "./state/outgoing.ts";

/** Who is signed in: a token, and the user whose it is. */
export type Account = { token: string; userId: string };

const KEY = "rewind.token";
const FAREWELL = "rewind.farewell";
/** Whose drafts there are in this tab. */
const WRITER = "rewind.writer";

export const account = signal(accountOf(inBrowser.get(KEY)));
/** Why one is asked to log in again. */
export const farewell = signal(inBrowser.get(FAREWELL));
enter(account.value);

export function signIn(token: string): void {
  inBrowser.set(KEY, token);
  inBrowser.remove(FAREWELL);
  enter(accountOf(token));
}

/** In this tab and in all others. Without a reason it is what one wants, and nothing is left. */
export function signOut(reason: string | null = null): void {
  if (reason === null) inBrowser.remove(FAREWELL);
  else inBrowser.set(FAREWELL, reason);
  inBrowser.remove(KEY);
  leave(reason);
}

/** What other tabs do: logging out of one is logging out of all. */
export function followOtherTabs(): void {
  addEventListener("storage", ({ key }) => {
    if (key !== KEY && key !== null) return;
    const now = accountOf(inBrowser.get(KEY));
    if (now?.token === account.value?.token) return;
    if (now) enter(now);
    else leave(inBrowser.get(FAREWELL));
  });
}

/** What somebody else had written here is nothing for who comes now. */
function enter(now: Account | null): void {
  if (!now) return;
  if (inTab.get(WRITER) !== now.userId) forget();
  inTab.set(WRITER, now.userId);
  farewell.value = null;
  if (account.value?.token !== now.token) account.value = now;
}
function leave(reason: string | null): void {
  if (reason === null) forget();
  farewell.value = reason;
  account.value = null;
}
function forget(): void {
  inTab.clear();
  forgetRefused();
}

function accountOf(token: string | null): Account | null {
  return token ? { token, userId: subjectOf(token) ?? token } : null;
}

/** Whose token it is, as it says itself; the server does not take our word for it. */
function subjectOf(token: string): string | undefined {
  try {
    const [, claims = ""] = token.split(".");
    const { sub } = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/"))) as { sub?: unknown };
    return typeof sub === "string" ? sub : undefined;
  } catch {
    return undefined;
  }
}
