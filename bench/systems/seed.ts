import { createHash } from "node:crypto";
import jwt from "jsonwebtoken";
import { EPOCH } from "../../services/common/ids.ts";
import { passwordHasher } from "../../services/auth/passwords.ts";

/** What a store has before its system starts. All ids are old: nothing in it happened lately. */
export type Seed = {
  /** Users without an account, numbered from 0: a token is all that they need. */
  users: number;
  /** So many of the first of them have an account. */
  accounts?: number;
  /** Conversations of two users, by their numbers, and how many messages there are. */
  chats?: Chat[];
  /** Messages between strangers. */
  bulk?: number;
};
export type Chat = { first: number; second: number; messages: number };
export type User = { id: string; token: string };

/** Chosen anew for each run would do as well. */
export const JWT_SECRET = createHash("sha256").update("rewind bench").digest("base64url");
export const PASSWORD = "correct-horse-battery";
/** The default of BCRYPT_COST. */
const COST = 12;
/** How many messages each conversation of strangers has. */
export const BULK_CHAT = 1_000;
/** The numbers of strangers, their conversations and messages begin here. */
export const BULK_FROM = 1_000_000;

/** Ids as REWIND makes them (services/common/ids.ts): milliseconds since 2024, and 0 at the end for a user. */
export const userId = (nth: number) => (BigInt(nth + 1) << 22n).toString();
export const otherId = (nth: number) => ((BigInt(nth + 1) << 22n) | 1n).toString();
export const emailOf = (nth: number) => `bench-${nth}@example.org`;
export const nameOf = (nth: number) => `bench-${nth}`;
/** Microseconds of the first message. */
export const FIRST_AT = EPOCH * 1000;

export const userOf = (nth: number): User => ({
  id: userId(nth),
  token: jwt.sign({}, JWT_SECRET, {
    ...{ algorithm: "HS256", issuer: "rewind", subject: userId(nth), expiresIn: "1d" },
  }),
});

/** One for all accounts: to check it costs what it costs with one for each. */
export const passwordHash = (): Promise<string> => passwordHasher(COST, 1).hash(PASSWORD);
