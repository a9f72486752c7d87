import { STATUS_CODES } from "node:http";
import type { Readiness } from "../gateway/health.ts";
import { routes, type ApiRoute } from "../gateway/routes.ts";
import { faults, type FaultType } from "../services/common/errors.ts";
import { contracts } from "../services/contracts.ts";
import { descriptionOf } from "./descriptions.ts";
import { said, taken, type Schema } from "./json-schema.ts";

const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded";
const RETRY_AFTER = {
  description: "seconds after which another try makes sense",
  schema: { type: "integer" },
};

/** An object of exactly these fields. */
const exactly = (properties: Schema): Schema => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const reply = (type: string, payload: Schema) => exactly({ type: { const: type }, payload });
const ERROR = reply("error", exactly({ message: { type: "string", description: "for people" } }));
const json = (schema: Schema, more: object = {}) => ({ content: { [JSON_TYPE]: { schema, ...more } } });

/** What may go wrong with a request: whatever it asks for, with its body, with this one alone. */
const faultsOf = ({ faults: own, writes }: ApiRoute, hasBody: boolean): FaultType[] => [
  ...(hasBody ? (["INVALID", "TOO_LARGE"] as const) : []),
  ...own,
  ...(["ORIGIN", "FAILED", "UNAVAILABLE"] as const),
  ...(writes ? (["UNKNOWN"] as const) : []),
];

/** One response for each status; its examples are named by the failures that have it. */
function failures(types: FaultType[]): object {
  const byStatus = Object.groupBy(types, (type) => faults[type].status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, alike = []]) => [
      status,
      {
        description: STATUS_CODES[status] ?? "",
        ...(status === "429" && { headers: { "Retry-After": RETRY_AFTER } }),
        ...json({ $ref: "#/components/schemas/Error" }, { examples: examplesOf(alike) }),
      },
    ]),
  );
}
const examplesOf = (types: FaultType[]) =>
  Object.fromEntries(
    types.map((type) => [type, { value: { type: "error", payload: { message: faults[type].reason } } }]),
  );

/** @param signature method and path, as in `routes` */
function operation(signature: string, route: ApiRoute): [path: string, method: string, object] {
  const [method = "", path = ""] = signature.split(" ");
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
  const body = Object.fromEntries(Object.entries(route.input).filter(([name]) => !inPath.includes(name)));
  const hasBody = method === "POST";
  const { properties } = taken(route.input) as { properties: Record<string, Schema> };
  const [summary = ""] = descriptionOf(route.action, route.input).split(/(?<=\.) /);
  return [
    path.replace(/:(\w+)/g, "{$1}"),
    method.toLowerCase(),
    {
      operationId: route.action,
      summary,
      description: descriptionOf(route.action, route.input),
      ...(inPath.length > 0 && {
        parameters: inPath.map((name) => ({ name, in: "path", required: true, schema: properties[name] })),
      }),
      ...(hasBody && {
        requestBody: {
          required: true,
          content: { [JSON_TYPE]: { schema: taken(body) }, [FORM_TYPE]: { schema: taken(body) } },
        },
      }),
      responses: {
        201: { description: "Done.", ...json(reply(route.says.type, said(route.says.payload))) },
        ...failures(faultsOf(route, hasBody)),
      },
    },
  ];
}

const STATE = { type: "string", description: "`up`, or what keeps it from working" };
const parts = {
  ...exactly(Object.fromEntries([...Object.keys(contracts), "nats"].map((name) => [name, STATE]))),
  required: Object.keys(contracts),
};
const ready = exactly({ ready: { type: "boolean" }, parts } satisfies Record<keyof Readiness, Schema>);
const health = {
  "/healthz": {
    get: {
      operationId: "healthz",
      summary: "Whether the process lives.",
      responses: {
        200: { description: "It does.", ...json(exactly({ up: { const: true } })) },
        ...failures(["ORIGIN"]),
      },
    },
  },
  "/readyz": {
    get: {
      operationId: "readyz",
      summary: "Whether every part can work.",
      responses: {
        200: { description: "All can.", ...json(ready) },
        503: { description: "Not all can.", ...json(ready) },
        ...failures(["ORIGIN"]),
      },
    },
  },
};

/** OpenAPI 3.1 of what is reached over HTTP, from the routes and the contracts. */
export function openapi(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [signature, route] of Object.entries(routes)) {
    if (!("action" in route)) continue;
    const [path, method, described] = operation(signature, route);
    paths[path] = { ...paths[path], [method]: described };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "REWIND, HTTP",
      version: "1.0.0",
      description:
        "Accounts. Bodies are JSON or forms of 16 KiB at most. Who asks for `text/html` gets a page that says the same, with " +
        "the same status. Made from the code by `npm run docs`.",
    },
    servers: [{ url: "/" }],
    paths: { ...paths, ...health },
    components: { schemas: { Error: ERROR } },
  };
}
