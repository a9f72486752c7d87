import type { Undone } from "../undo.ts";
import type { Options } from "../options.ts";
import type { Proc } from "../processes.ts";
import type { Seed, User } from "./seed.ts";

export type SystemName = "relay-each" | "relay-group" | "bare-ws" | "cluster" | "embedded" | "ejabberd";
/** How clients talk with it. */
export type DialectName = "rewind" | "relay" | "bare" | "xmpp";

/** A system that runs and serves. */
export type System = {
  name: SystemName;
  dialect: DialectName;
  /** Of its gateways: `ws://127.0.0.1:12345`. */
  urls: string[];
  /** All that it consists of, servers included. */
  processes(): Proc[];
  /** The n-th user, from 0, and what it signs in with. */
  userOf(nth: number): User;
  /** Collects its garbage, where that is not done by a signal to its processes. */
  collect?(): Promise<void>;
};

/** What a system is started with. */
export type Plan = {
  seed: Seed;
  /** Its Node processes collect garbage when they are told to, by SIGUSR2. */
  collects?: boolean;
  chat?: number;
  gateways?: number;
};

/** Where and how it is started. What is started says in `undone` how it is ended. */
export type Start = { plan: Plan; dir: string; options: Options; undone: Undone };
