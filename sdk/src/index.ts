import { Client } from "./client.ts";
import type { Options } from "./types.ts";

export type { Client } from "./client.ts";
export { RewindError, type Outcome } from "./errors.ts";
export {
  login,
  register,
  verify,
  type Credentials,
  type Login,
  type Registration,
  type Verification,
} from "./http.ts";
export type * from "./types.ts";

/** A client that connects, at once and for as long as it is not closed. It is there before the connection is. */
export const connect = (options: Options): Client => new Client(options);
