import { expect } from "@jest/globals";

/** An error frame. The reason is for people: it is checked word by word only where it is documented. */
export const error = (code: number, reason: unknown = expect.stringMatching(/\S/)) => ({
  type: "error",
  payload: { code, reason },
});
export const ok = { type: "ok", payload: null };
export const info = (message: string) => ({ type: "info", payload: { message } });
/** The body of an HTTP failure. */
export const failure = (message: unknown = expect.stringMatching(/\S/)) => ({
  type: "error",
  payload: { message },
});
