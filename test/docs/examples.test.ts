import { expect, test } from "@jest/globals";
import { exampleOf } from "../../web/docs/schema.ts";
import { asyncapi, complaintOf, openapi, type Schema } from "./documents.ts";

const { messages } = asyncapi.components;
const ofHttp = Object.entries(openapi.paths).flatMap(([path, methods]) =>
  Object.values(methods).flatMap(({ requestBody, responses }) =>
    [requestBody, ...Object.values(responses)]
      .flatMap((it) => Object.values(it?.content ?? {}))
      .map(({ schema }): [string, Schema] => [path, schema]),
  ),
);
const hasRef = (schema: Schema) => "$ref" in schema;

test.each(Object.entries(messages))("the example of %s that the page shows fits its schema", (_, message) => {
  expect(complaintOf(message.payload, exampleOf(message.payload))).toBe("");
  for (const { payload } of message.examples ?? []) expect(complaintOf(message.payload, payload)).toBe("");
});

test.each(ofHttp.filter(([, schema]) => !hasRef(schema)))(
  "the examples of %s that the page shows fit their schemas",
  (_, schema) => {
    expect(complaintOf(schema, exampleOf(schema))).toBe("");
  },
);

test("the examples of failures fit the schema of failures", () => {
  const { Error: schema = {} } = openapi.components.schemas;
  const examples = Object.values(openapi.paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ responses }) => Object.values(responses))
    .flatMap(({ content }) => Object.values(content["application/json"]?.examples ?? {}));
  for (const { value } of examples) expect(complaintOf(schema, value)).toBe("");
});
