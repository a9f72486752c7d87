import type { SystemKind } from "../options.ts";
import { startCluster } from "./cluster.ts";
import { startEjabberd } from "./ejabberd.ts";
import { startEmbedded } from "./embedded.ts";
import { startBareWs, startRelay } from "./relay.ts";
import type { Start, System, SystemName } from "./system.ts";

const starters: Record<SystemName, (from: Start) => Promise<System>> = {
  "relay-each": (from) => startRelay("each", from),
  "relay-group": (from) => startRelay("group", from),
  "bare-ws": startBareWs,
  cluster: startCluster,
  embedded: startEmbedded,
  ejabberd: startEjabberd,
};

/** What it is called by --systems. */
export const systemKindOf = (name: SystemName): SystemKind =>
  name === "cluster" || name === "embedded" || name === "ejabberd" ? name : "relay";

export const startSystem = (name: SystemName, from: Start): Promise<System> => starters[name](from);
