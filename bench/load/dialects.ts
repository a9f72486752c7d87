import type { DialectName } from "../systems/system.ts";
import type { Client, Where } from "./client.ts";
import { bare, connectFrames, relay, rewind } from "./frames.ts";
import { connectXmpp } from "./xmpp.ts";

/** How one opens a socket and signs in: from then on it hears of everything. */
export const dialects: Record<DialectName, (where: Where) => Promise<Client>> = {
  rewind: (where) => connectFrames(rewind, where),
  relay: (where) => connectFrames(relay, where),
  bare: (where) => connectFrames(bare, where),
  xmpp: connectXmpp,
};
