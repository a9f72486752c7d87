import { createHash, randomBytes } from "node:crypto";
import { fault } from "../common/errors.ts";

/** How long a verification link can be followed. */
export const LINK_LIFETIME_MS = 24 * 3_600_000;

/** 256 random bits, for the mail; the store sees the digest alone. */
export const newKey = () => randomBytes(32).toString("base64url");
export const digestOf = (key: string) => createHash("sha256").update(key).digest("hex");

/** One spelling for each mailbox, as all large providers see it: whatever the case. */
export const normalEmail = (email: string) => email.trim().toLowerCase();

/** @throws INVALID where only some domains may register, and this is of another */
export function checkDomain(email: string, allowed: readonly string[]): void {
  const domain = email.slice(email.lastIndexOf("@") + 1);
  if (allowed.length > 0 && !allowed.includes(domain))
    throw fault("INVALID", `email: must be an address of ${allowed.join(" or ")}.`);
}
