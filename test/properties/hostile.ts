import * as fc from "fast-check";

/** JSON is made as text, not from values: only text has keys twice, numbers beyond all numbers, `__proto__`. */
type Field = readonly [key: string, text: string];

const TRAPS = [
  "__proto__",
  "constructor",
  "prototype",
  "hasOwnProperty",
  "toString",
  "valueOf",
  "toJSON",
  "then",
  "length",
  "",
];
const FIELDS = [
  "type",
  "payload",
  "id",
  "name",
  "auth",
  "content",
  "chat_id",
  "count",
  "profile",
  "$$strict",
];
const NUMBERS = [
  "0",
  "-0",
  "1.5",
  "1e400",
  "-1E+400",
  "1e-400",
  "9007199254740993",
  "9223372036854775807",
  "18446744073709551616",
  "1".repeat(2_000),
];

/** Any UTF-16, halves of surrogate pairs and NUL among it. */
export const anyUtf16 = fc
  .array(fc.oneof(fc.nat(0x7f), fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff })), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));
export const anyString = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  anyUtf16,
  fc.constantFrom(...TRAPS),
);
export const trap = fc.constantFrom(...TRAPS);

const keyText = fc.oneof(fc.constantFrom(...TRAPS, ...FIELDS), anyString).map((key) => JSON.stringify(key));
const scalarText = fc.oneof(
  fc.constantFrom("null", "true", "false", ...NUMBERS),
  anyString.map((text) => JSON.stringify(text)),
);
/** Valid JSON of every kind. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalarText,
    fc.array(tie("value"), { maxLength: 4 }).map((items) => `[${items.join()}]`),
    fc
      .array(fc.tuple(keyText, tie("value")), { maxLength: 4 })
      .map((entries) => `{${entries.map(([key, value]) => `${key}:${value}`).join()}}`),
  ),
})).value;
/** Valid JSON of up to 15 KiB, nested up to thousands of times. */
export const deepText = fc
  .tuple(
    fc.integer({ min: 1, max: 7_500 }),
    fc.constantFrom(["[", "]"], ['{"a":', "}"], ['{"__proto__":', "}"], ['[{"payload":', "}]"]),
  )
  .map(([most, [open = "", close = ""]]) => {
    const depth = Math.min(most, Math.floor(15_000 / (open.length + close.length)));
    return `${open.repeat(depth)}0${close.repeat(depth)}`;
  });
/** JSON that is no string, nor a number that a count could be. */
export const noStringText = fc.oneof(
  fc.constantFrom("null", "true", "-1", "0.5", "1e400", "101", '[{"toString":1}]'),
  fc.array(jsonText, { maxLength: 2 }).map((items) => `[${items.join()}]`),
  fc.tuple(trap, jsonText).map(([key, text]) => `{${JSON.stringify(key)}:${text}}`),
  deepText,
);

export const objectText = (fields: readonly Field[]): string =>
  `{${fields.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join()}}`;
/** As fields with the text of each value. */
export const fieldsOf = (value: object): Field[] =>
  Object.entries(value).map(([key, field]) => [key, JSON.stringify(field)]);
export const frameText = (type: string, payload: string): string =>
  objectText([
    ["type", JSON.stringify(type)],
    ["payload", payload],
  ]);

/** Text of the object with one thing about it changed: a field replaced, left out, said twice, renamed, added. */
export const nearMiss = (fields: readonly Field[]): fc.Arbitrary<string> => {
  const at = fc.nat(Math.max(0, fields.length - 1));
  const value = fc.oneof({ weight: 6, arbitrary: jsonText }, { weight: 1, arbitrary: deepText });
  const nameOf = (index: number) => fields[index]?.[0] ?? "type";
  const changed = fc.oneof(
    fc.tuple(at, value).map(([i, text]) => fields.with(i, [nameOf(i), text])),
    at.map((i) => fields.toSpliced(i, 1)),
    fc.tuple(at, value).map(([i, text]) => [...fields, [nameOf(i), text] as const]),
    fc.tuple(at, value).map(([i, text]) => [[nameOf(i), text] as const, ...fields]),
    fc.tuple(at, anyString).map(([i, key]) => fields.with(i, [key, fields[i]?.[1] ?? "0"])),
    fc.tuple(anyString, value).map(([key, text]) => [...fields, [key, text] as const]),
  );
  const asArray = fc.constant(`[${objectText(fields)}]`);
  return fc.oneof({ weight: 12, arbitrary: changed.map(objectText) }, { weight: 1, arbitrary: asArray });
};
