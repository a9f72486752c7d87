import { RateLimiterMemory, type RateLimiterRes } from "rate-limiter-flexible";
import { fault } from "../common/errors.ts";

const MINUTE = 60;
/** Attempts in a span of seconds. Successful logins are given back, so people who know their password feel none. */
const limits = {
  /** Guessing at one account from one address. */
  loginPair: { points: 10, duration: 15 * MINUTE },
  /** Guessing at one account from many addresses. */
  loginAccount: { points: 50, duration: 60 * MINUTE },
  /** Trying one password on many accounts. */
  loginAddress: { points: 100, duration: 15 * MINUTE },
  /** Making accounts. */
  registerAddress: { points: 100, duration: 60 * MINUTE },
  /** Filling somebody's mailbox. */
  registerEmail: { points: 10, duration: 60 * MINUTE },
} as const;
type Limit = keyof typeof limits;

export type Throttle = {
  /** Counts a login, known e-mail or not. @throws THROTTLED The answer gives it back. */
  login(email: string, address: string): Promise<() => Promise<void>>;
  /** Counts a registration. @throws THROTTLED */
  register(email: string, address: string): Promise<void>;
};

const NONE: Throttle = { login: async () => async () => {}, register: async () => {} };

export function throttle(enabled: boolean): Throttle {
  if (!enabled) return NONE;
  const limiters = Object.fromEntries(
    Object.entries(limits).map(([keyPrefix, limit]) => [
      keyPrefix,
      new RateLimiterMemory({ keyPrefix, ...limit }),
    ]),
  ) as Record<Limit, RateLimiterMemory>;

  const count = (limit: Limit, key: string) =>
    limiters[limit].consume(key).catch((spent: RateLimiterRes) => {
      throw fault("THROTTLED", undefined, { retryAfter: Math.ceil(spent.msBeforeNext / 1000) });
    });

  return {
    async login(email, address) {
      const pair = `${email} ${address}`;
      await count("loginAddress", address);
      await count("loginPair", pair);
      await count("loginAccount", email);
      return async () => {
        await limiters.loginAddress.reward(address);
        await limiters.loginPair.delete(pair);
        await limiters.loginAccount.reward(email);
      };
    },
    async register(email, address) {
      await count("registerAddress", address);
      await count("registerEmail", email);
    },
  };
}
