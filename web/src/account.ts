import { signal } from "@preact/signals";

/** Who is signed in: a token, and the user whose it is. */
export type Account = { token: string; userId: string };

const KEY = "rewind.token";

export const account = signal(accountOf(localStorage.getItem(KEY)));
/** Why one is asked to log in again. */
export const farewell = signal<string | null>(null);

export function signIn(token: string): void {
  localStorage.setItem(KEY, token);
  farewell.value = null;
  account.value = accountOf(token);
}

/** In this tab and in all others. */
export function signOut(reason: string | null = null): void {
  localStorage.removeItem(KEY);
  sessionStorage.clear();
  farewell.value = reason;
  account.value = null;
}

/** What other tabs do: logging out of one is logging out of all. */
export function followOtherTabs(): void {
  addEventListener("storage", ({ key }) => {
    if (key !== KEY && key !== null) return;
    const now = accountOf(localStorage.getItem(KEY));
    if (now?.token === account.value?.token) return;
    if (now?.userId !== account.value?.userId) sessionStorage.clear();
    account.value = now;
  });
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
