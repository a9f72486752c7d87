import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";

export type Schema = Record<string, unknown>;
type Ref = { $ref: string };
type Content = Record<string, { schema: Schema; examples?: Record<string, { value: unknown }> }>;
export type Response = { headers?: Record<string, { schema: Schema }>; content: Content };
export type Operation = {
  operationId: string;
  requestBody?: { content: Content };
  parameters?: { name: string; schema: Schema }[];
  responses: Record<string, Response>;
};
export type OpenApi = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};
type SocketOperation = { action: string; messages: Ref[]; reply?: { messages: Ref[] } };
export type Message = { name: string; payload: Schema; examples?: { name: string; payload: unknown }[] };
export type AsyncApi = {
  operations: Record<string, SocketOperation>;
  components: { messages: Record<string, Message> };
};

const read = (file: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../docs", file), "utf8"));
export const openapi = read("openapi.json") as OpenApi;
export const asyncapi = read("asyncapi.json") as AsyncApi;

// Formats are checked by the server, whose notion of an e-mail address is narrower than any.
const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true, formats: { email: true } });
for (const [name, schema] of Object.entries(openapi.components.schemas))
  ajv.addSchema(schema, `#/components/schemas/${name}`);

/** What a value has against a schema; "" where it fits. */
export function complaintOf(schema: Schema, value: unknown): string {
  const fits = ajv.compile(schema);
  return fits(value) ? "" : `${ajv.errorsText(fits.errors)}: ${JSON.stringify(value)}`;
}

/** The name in `components.messages` of what a reference points at. */
export const nameOf = ({ $ref }: Ref): string => $ref.split("/").at(-1) ?? "";
export const messageOf = (name: string): Message => {
  const message = asyncapi.components.messages[name];
  if (!message) throw new Error(`docs/asyncapi.json has no message ${name}`);
  return message;
};
