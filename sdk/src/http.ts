import { RewindError } from "./errors.ts";
import type * as wire from "./wire.ts";

type At = { /** Of the server: `https://chat.example.org`. */ url: string };
export type Registration = At & wire.Account;
export type Credentials = At & wire.Login;
export type Verification = At & wire.Key;
export type Login = wire.Token;

type Answer = { payload: { message?: string; token?: string } };
const MS = 1_000;
const OK = 201;
/** The server says of this one that nothing was changed, or that nobody knows, of others that nothing was. */
const MAYBE_DONE = 500;
const BASE = "/api/v1/auth";

/**
 * Asks for an account: a mail with a link is on its way, and following that makes it.
 * @throws RewindError HTTP_400 and the like, UNREACHABLE
 */
export const register = async ({ url, ...account }: Registration): Promise<void> => {
  await ask(`${baseOf(url)}${BASE}/register`, account);
};

/**
 * Makes the account that was asked for; `key` is the last part of the link in the mail.
 * @throws RewindError HTTP_404 where the link is used or old, UNREACHABLE
 */
export const verify = async ({ url, key }: Verification): Promise<void> => {
  await ask(`${baseOf(url)}${BASE}/email_verify/${encodeURIComponent(key)}`);
};

/**
 * A token for `connect`.
 * @throws RewindError HTTP_401 where e-mail or password are wrong, HTTP_429 after too many, UNREACHABLE
 */
export const login = async ({ url, ...credentials }: Credentials): Promise<Login> => {
  const { payload } = await ask(`${baseOf(url)}${BASE}/login`, credentials);
  return { token: payload.token ?? "" };
};

const baseOf = (url: string) => url.replace(/^ws/, "http").replace(/\/+$/, "").replace(/\/ws$/, "");

async function ask(url: string, body?: object): Promise<Answer> {
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  const response = await fetch(url, body && { method: "POST", headers, body: JSON.stringify(body) }).catch(
    (error: unknown) => {
      throw new RewindError("UNREACHABLE", String(error), { outcome: "unknown" });
    },
  );
  const answer = (await response.json().catch(() => ({ payload: {} }))) as Answer;
  if (response.status === OK) return answer;
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  throw new RewindError(`HTTP_${response.status}`, answer.payload?.message ?? response.statusText, {
    code: response.status,
    outcome: response.status === MAYBE_DONE ? "unknown" : "not_done",
    ...(!Number.isNaN(seconds) && { retryAfterMs: seconds * MS }),
  });
}
