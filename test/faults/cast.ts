import { randomBytes } from "node:crypto";
import jwt from "jsonwebtoken";
import { until } from "../support/cluster.ts";
import type { Client } from "./client.ts";
import { ClientV1 } from "./client-v1.ts";
import { ClientV2 } from "./client-v2.ts";
import type { Log, Protocol } from "./events.ts";

/** Everybody who takes part: those who talk, and strangers, whom nothing of it concerns. */
export type Cast = {
  users: { id: string; name: string }[];
  clients: Client[];
  talkers: Client[];
  peersOf(user: string): string[];
  /** Resolves when all are live. */
  connect(): Promise<void>;
  areLive(): boolean;
  leave(): Promise<void>;
};

const TALKERS = 8;
/** Who talks with whom, besides each with the next. */
const ACROSS: [number, number][] = [
  [0, 4],
  [2, 6],
];
const LIVE_WITHIN_MS = 30_000;

const someId = () => (randomBytes(8).readBigUInt64BE() >> 2n) & ~1n;

/**
 * Users' ids are even. 0 and 1, 2 and 3, and both strangers have the same XOR: v1 calls their three conversations by the
 * same name.
 */
function ids(): { talkers: string[]; strangers: string[] } {
  const [a, b, c, stranger] = [someId(), someId(), someId(), someId()];
  const rest = Array.from({ length: TALKERS - 4 }, someId);
  const talkers = [a, b, c, a ^ b ^ c, ...rest].map(String);
  return { talkers, strangers: [stranger, a ^ b ^ stranger].map(String) };
}

export function makeCast(urls: string[], jwtSecret: string, log: Log): Cast {
  const { talkers, strangers } = ids();
  const at = (nth: number) => talkers[nth % TALKERS] ?? "";
  const pairs = [...talkers.map((_, nth): [number, number] => [nth, nth + 1]), ...ACROSS];
  const peersOf = (user: string) =>
    pairs
      .map(([a, b]) => [at(a), at(b)])
      .filter((pair) => pair.includes(user))
      .map(([a = "", b = ""]) => (a === user ? b : a));
  const tokenOf = (subject: string) =>
    jwt.sign({}, jwtSecret, { algorithm: "HS256", issuer: "rewind", subject, expiresIn: "1d" });
  const device = (user: string, name: string, protocol: Protocol, home: number): Client => {
    const isStranger = strangers.includes(user);
    const options = { user, name, protocol, home, isStranger, token: tokenOf(user), urls, log };
    if (protocol === "v2") return new ClientV2(options);
    const peers = isStranger ? strangers.filter((other) => other !== user) : peersOf(user);
    return new ClientV1({ ...options, peers });
  };
  const talking = talkers.flatMap((user, nth) => [
    device(user, `u${nth}-a`, "v2", 0),
    device(user, `u${nth}-b`, "v2", 1),
    ...(nth % 2 === 0 ? [device(user, `u${nth}-old`, "v1", (nth / 2) % 2)] : []),
  ]);
  const listening = strangers.flatMap((user, nth) => [
    device(user, `x${nth}`, "v2", nth),
    device(user, `x${nth}-old`, "v1", 1 - nth),
  ]);
  const clients = [...talking, ...listening];
  const areLive = () => clients.every(({ isLive }) => isLive);
  const run = randomBytes(3).toString("hex");
  return {
    users: [...talkers, ...strangers].map((id, nth) => ({ id, name: `faults-${run}-${nth}` })),
    ...{ clients, talkers: talking, peersOf, areLive },
    async connect() {
      for (const client of clients) client.connect();
      await until("all clients live", areLive, LIVE_WITHIN_MS);
    },
    leave: async () => void (await Promise.all(clients.map((client) => client.leave()))),
  };
}
