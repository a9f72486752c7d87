import type { IncomingMessage } from "node:http";
import type { Config } from "../services/common/config.ts";

type Origins = Pick<Config, "allowedOrigins" | "publicUrl">;

/** Origins whose pages may use this gateway, besides its own. */
export const isListed = (origin: string, { allowedOrigins, publicUrl }: Origins) =>
  allowedOrigins.includes("*") || allowedOrigins.includes(origin) || new URL(publicUrl).origin === origin;

/** Whether the page that asks, if one does, was served by this gateway, whatever the name it is reached by. */
export const isOwnPage = ({ headers: { origin = "", host } }: IncomingMessage) =>
  URL.canParse(origin) && new URL(origin).host === host;

/** Browsers say which page asks; apps say nothing and are let through. */
export const isAllowedOrigin = (request: IncomingMessage, config: Origins): boolean =>
  request.headers.origin === undefined || isListed(request.headers.origin, config) || isOwnPage(request);
