/** What the documents use of JSON Schema. */
export type Schema = {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  not?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  pattern?: string;
  format?: string;
  default?: unknown;
  examples?: unknown[];
  description?: string;
};
/** A line of a table. */
export type Field = {
  path: string;
  type: string;
  isRequired: boolean;
  limits: string[];
  description: string;
};

/** All fields of an object, those of objects in it too: `user.name`, `friends[].name`. */
export const fieldsOf = ({ properties = {}, required = [] }: Schema, prefix = ""): Field[] =>
  Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`;
    const self = { path, type: typeOf(schema), isRequired: required.includes(name) };
    const inner = bare(schema);
    const { description = "" } = inner;
    return [
      { ...self, limits: limitsOf(inner), description },
      ...fieldsOf(inner, `${path}.`),
      ...(inner.items ? fieldsOf(inner.items, `${path}[].`) : []),
    ];
  });

const isNull = ({ type }: Schema) => type === "null";
/** The same without `or null`. */
const bare = (schema: Schema): Schema => schema.anyOf?.find((it) => !isNull(it)) ?? schema;

function typeOf(schema: Schema): string {
  const { type, items, additionalProperties: rest, anyOf = [] } = schema;
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (anyOf.length > 0) return anyOf.map(typeOf).join(" | ");
  if (items) return `${typeOf(items)}[]`;
  if (typeof rest === "object") return `{ [id]: ${typeOf(rest)} }`;
  return type ?? "any";
}

function limitsOf({ minLength, maxLength, minimum, maximum, maxItems, ...schema }: Schema): string[] {
  const all = [
    range(minLength, maxLength, "characters"),
    range(minimum, maximum),
    range(undefined, maxItems, "items"),
    schema.pattern && `like \`${schema.pattern}\``,
    schema.format && `as ${schema.format}`,
    "default" in schema && `${JSON.stringify(schema.default)} if left out`,
  ];
  return all.filter((it) => typeof it === "string" && it !== "") as string[];
}

function range(from: number | undefined, to: number | undefined, of = ""): string {
  if (from === undefined && to === undefined) return "";
  if (from === undefined) return `up to ${to} ${of}`.trim();
  return `${to === undefined ? `${from} or more` : `${from} to ${to}`} ${of}`.trim();
}

/** Fields of which one shuts out the others. */
export const rivalsOf = ({ oneOf = [], not }: Schema) => ({
  exactlyOne: oneOf.flatMap(({ required = [] }) => required),
  atMostOne: not?.required ?? [],
});

/** Where the type alone would say little: the first that has the type. */
const samples: Record<string, unknown[]> = {
  name: ["ann"],
  email: ["ann@example.org"],
  password: ["correct-horse"],
  content: ["hello"],
  nonce: ["7d9f3c0a"],
  profile: ["https://example.org/ann.png"],
  ref: ["1"],
  auth: ["eyJhbGciOi..."],
  token: ["eyJhbGciOi..."],
  key: ["q0pX6bY..."],
  created_at: ["2026-11-24T09:30:00.123456Z"],
  edited_at: ["2026-11-24T09:31:00.123456Z"],
  cursors: [{ "383520713063239680": 12 }],
  before: [12, "1795512600123456.383520713063239680"],
  seq: [12],
  sent_seq: [12],
  last_seq: [12],
  read_seq: [12],
  expires_in_ms: [10_000],
};
const plain: Record<string, unknown> = { string: "...", integer: 1, number: 1, boolean: false, object: {} };

const hasType = (value: unknown, type = "string") =>
  type === "integer" ? Number.isInteger(value) : typeof value === type;

/** A value that fits; of `name`, where it has one. */
export function exampleOf(schema: Schema, name = ""): unknown {
  const it = bare(schema);
  if (isNull(it)) return null;
  if ("const" in it) return it.const;
  if (it.enum) return it.enum[0];
  const sample = samples[name]?.find((value) => hasType(value, it.type));
  if (sample !== undefined) return sample;
  if (it.examples) return it.examples[0];
  if ("default" in it) return it.default;
  if (it.items) return [exampleOf(it.items)];
  if (it.properties) return exampleOfObject(it);
  return plain[it.type ?? ""] ?? { count: 1 };
}

function exampleOfObject(schema: Schema): Record<string, unknown> {
  const { exactlyOne, atMostOne } = rivalsOf(schema);
  const leftOut = new Set([...exactlyOne.slice(1), ...atMostOne.slice(1)]);
  const fields = Object.entries(schema.properties ?? {}).filter(([name]) => !leftOut.has(name));
  return Object.fromEntries(fields.map(([name, inner]) => [name, exampleOf(inner, name)]));
}
