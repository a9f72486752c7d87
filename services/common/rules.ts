import type { Rule, Rules, Parsed } from "./contract.ts";

/** Fields that several contracts share. Each is declared here and nowhere else. */
export const id = { type: "snowflake" } as const satisfies Rule;
/** A name to look somebody up by. */
export const name = { type: "text", min: 1, max: 32 } as const satisfies Rule;
/** A name to be given to somebody. */
export const newName = { type: "displayName", min: 1, max: 32 } as const satisfies Rule;
export const email = { type: "emailAddress", min: 3, max: 254 } as const satisfies Rule;
export const content = { type: "text", min: 1, max: 2000 } as const satisfies Rule;
/** Chosen by the caller; the same write said again carries the same one, and takes effect once. */
export const nonce = { type: "text", min: 1, max: 64 } as const satisfies Rule;
/** Names the socket a request came from; comes back in pushes, so that its gateway can tell it apart. */
export const origin = { type: "string", max: 64, optional: true } as const satisfies Rule;
/** An http(s) address of a picture. */
export const profile = {
  type: "string",
  max: 512,
  pattern: /^https?:\/\/[^\s"'<>]+$/,
  nullable: true,
} as const satisfies Rule;

/** A user, as everyone may see them. */
export const user = { id, name, profile } as const satisfies Rules;
export type User = Parsed<typeof user>;
export const users = { type: "array", items: { type: "object", props: user } } as const satisfies Rule;
