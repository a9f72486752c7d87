import type { framesV2 } from "../../gateway/frames-v2.ts";
import type { Said as SaidByServer } from "../../gateway/protocol-v2.frames.ts";
import type { auth } from "../../services/auth/auth.contract.ts";
import type { Input, Value } from "../../services/common/contract.ts";

/**
 * What goes over the wire, inferred from the server's contracts. This file alone knows the server: in the package that
 * scripts/build-sdk.ts makes, the same types are written out in its place.
 */

type Frames = typeof framesV2;
type Answers<R extends keyof Frames> = NonNullable<Frames[R]["answers"]>;
type Actions = (typeof auth)["actions"];

/** Payloads of what the server says, by the frame's type. */
export type Said = SaidByServer;
/** Payloads of what a client asks for, as `type` or `type/kind`. */
export type Requests = { [R in keyof Frames]: Input<Frames[R]["payload"]> };
/** Payloads of the replies; null where there is nothing to say. */
export type Replies = {
  [R in keyof Frames]: Answers<R> extends keyof Said ? Said[Answers<R>] : null;
};
export type Account = Input<Pick<Actions["register"]["params"], "name" | "email" | "password">>;
export type Login = Input<Pick<Actions["login"]["params"], "email" | "password">>;
export type Key = Input<Pick<Actions["verify"]["params"], "key">>;
export type Token = Value<Actions["login"]["result"]>;
