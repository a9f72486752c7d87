import type { IncomingMessage } from "node:http";
import type { Config } from "../services/common/config.ts";

type Origins = Pick<Config, "allowedOrigins" | "publicUrl">;

/** Origins whose pages may use this gateway, besides its own. */
export const allowedOrigins = ({ allowedOrigins: given, publicUrl }: Origins) => [
  ...given,
  new URL(publicUrl).origin,
];

/** Browsers say which page asks; apps say nothing and are let through. A page of this gateway's own may always ask. */
export function isAllowedOrigin({ headers: { origin, host } }: IncomingMessage, config: Origins): boolean {
  if (origin === undefined) return true;
  const allowed = allowedOrigins(config);
  if (allowed.includes("*") || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
