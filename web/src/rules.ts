/** What the server's rules say (services/common/rules.ts, services/auth/auth.contract.ts), for hints: it decides. */
export const MAX_CONTENT = 2_000;
export const MAX_NAME = 32;
export const MIN_PASSWORD = 8;
export const MAX_PROFILE = 512;
