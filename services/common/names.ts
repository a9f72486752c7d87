/** Control, format (zero-width, direction) and private characters, and line and paragraph separators. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;

/** Two names with the same key are the same name: case, width and composition do not tell people apart. */
export const nameKey = (name: string) => name.normalize("NFKC").toLowerCase().normalize("NFKC");

/** What the stores have room for: composition makes a few characters many times as long. */
const MAX_KEY = 128;

/** Whether people can see the whole name, type it and tell it from another. */
export const isName = (name: string) =>
  name !== "" &&
  name === name.trim() &&
  !INVISIBLE.test(name) &&
  nameKey(name).trim() !== "" &&
  nameKey(name).length <= MAX_KEY;
