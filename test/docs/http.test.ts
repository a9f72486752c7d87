import { availableParallelism } from "node:os";
import { beforeAll, expect, test } from "@jest/globals";
import { get, postForm, postJson, request, type Answer } from "../support/form.ts";
import { gateA, PASSWORD, uniqueName, verificationLink } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { complaintOf, openapi } from "./documents.ts";

const HERE = "https://chat.example.org";
let server: Server;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT: "on", ALLOWED_ORIGINS: HERE });
});

const operations = Object.entries(openapi.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
);
const operationOf = (id: string) => {
  const found = operations.find(({ operation }) => operation.operationId === id);
  if (!found) throw new Error(`docs/openapi.json has no ${id}`);
  return found;
};
/** `auth.login 401 BAD_CREDENTIALS`: each answer that was had, as the document names it. */
const had = new Set<string>();

/** That an answer is as the document says. */
const expectTold = (id: string, { status, headers, body }: Answer) => {
  const told = operationOf(id).operation.responses[status];
  if (!told) throw new Error(`${id} answers ${status}, of which docs/openapi.json says nothing`);
  expect(headers.get("content-type")).toMatch(/^application\/json\b/);
  const { schema = {}, examples = {} } = told.content["application/json"] ?? {};
  expect(complaintOf(schema, body)).toBe("");
  for (const [name, { schema: header }] of Object.entries(told.headers ?? {}))
    expect(complaintOf(header, Number(headers.get(name) ?? Number.NaN))).toBe("");
  // What is invalid is said in words of its own.
  const [like] = Object.entries(examples).find(([, { value }]) => isLike(value, body)) ?? [];
  const name = like ?? ("INVALID" in examples ? "INVALID" : undefined);
  if (Object.keys(examples).length > 0) expect(name).toBeDefined();
  had.add([id, status, name].filter(Boolean).join(" "));
};
const isLike = (value: unknown, body: unknown) => JSON.stringify(value) === JSON.stringify(body);

const url = (path: string, base = gateA(server)) => `${base}/api/v1/auth/${path}`;
const KEY = "a".repeat(43);
const account = () => {
  const name = uniqueName();
  return { name, email: `${name}@example.com`, password: PASSWORD };
};
/** Of each operation one that is well formed. */
const wellFormed: Record<string, (headers?: Record<string, string>) => Promise<Answer>> = {
  "auth.register": (headers) => postJson(url("register"), account(), headers),
  "auth.verify": (headers) => get(url(`email_verify/${KEY}`), headers),
  "auth.login": (headers) => postJson(url("login"), account(), headers),
  healthz: (headers) => get(`${gateA(server)}/healthz`, headers),
  readyz: (headers) => get(`${gateA(server)}/readyz`, headers),
};

test("an account is asked for, verified and used as the document says, by JSON and by form", async () => {
  for (const post of [postJson, postForm] as const) {
    const person = account();
    expectTold("auth.register", await post(url("register"), person));
    const link = await verificationLink(server, person.email);
    expectTold("auth.verify", await get(link));
    expectTold("auth.verify", await get(link));
    expectTold("auth.login", await post(url("login"), person));
    expectTold("auth.login", await post(url("login"), { ...person, password: "another one" }));
    const rival = { ...account(), name: person.name };
    expectTold("auth.register", await post(url("register"), rival));
  }
});

test("of two who asked for one name, the document says what the later link answers", async () => {
  const [first, second] = [account(), account()];
  await postJson(url("register"), first);
  const link = await verificationLink(server, first.email);
  await get(link);
  expectTold("auth.register", await postJson(url("register"), { ...second, name: first.name }));
});

test("health is told as the document says", async () => {
  expectTold("healthz", (await wellFormed["healthz"]?.()) as Answer);
  expectTold("readyz", (await wellFormed["readyz"]?.()) as Answer);
});

test("bodies that cannot be read, or are too large, are refused as the document says", async () => {
  for (const id of ["auth.register", "auth.login"]) {
    const at = `${gateA(server)}${operationOf(id).path}`;
    expectTold(id, await postJson(at, {}));
    expectTold(id, await postJson(at, "{"));
    expectTold(id, await postJson(at, { name: "x".repeat(20_000) }));
    expectTold(id, await postForm(at, { name: "x".repeat(20_000) }));
    const encoded = { "content-type": "application/json", "content-encoding": "gzip" };
    expectTold(id, await request(at, { method: "POST", headers: encoded, body: "{}" }));
  }
});

test("pages of other origins are refused as the document says", async () => {
  for (const [id, ask] of Object.entries(wellFormed)) {
    expectTold(id, await ask({ origin: "https://elsewhere.example.org" }));
    expectTold(id, await ask({ origin: HERE }));
  }
});

test("who tries too often is told when to come back", async () => {
  for (const id of ["auth.register", "auth.login"]) {
    const person = account();
    const at = `${gateA(server)}${operationOf(id).path}`;
    for (let status = 0, tries = 0; status !== 429 && tries < 20; tries++) {
      const answer = await postJson(at, { ...person, name: uniqueName() });
      ({ status } = answer);
      expectTold(id, answer);
    }
  }
});

test("a store that fails, and a part that is away, are told as the document says", async () => {
  const tables = (from: string, to: string) => {
    const sql = ["accounts", "pending"]
      .map((table) => `ALTER TABLE ${from}${table} RENAME TO ${to}${table}`)
      .join("; ");
    return server.alterStore("auth", { sqlite: sql, mysql: sql });
  };
  const ids = ["auth.register", "auth.verify", "auth.login"];
  const askAll = () =>
    Promise.all(ids.map(async (id) => expectTold(id, (await wellFormed[id]?.()) as Answer)));
  await tables("", "old_");
  await askAll();
  await tables("old_", "");
  await server.without("auth", async () => {
    await askAll();
    expectTold("readyz", (await wellFormed["readyz"]?.()) as Answer);
  });
});

test("more passwords than can be hashed are refused as the document says", async () => {
  const slow = await startServer({ BCRYPT_COST: "12" });
  const many = Array.from({ length: 16 * availableParallelism() }, account);
  for (const path of ["register", "login"]) {
    const answers = await Promise.all(many.map((person) => postJson(url(path, gateA(slow)), person)));
    for (const answer of answers) expectTold(`auth.${path}`, answer);
  }
});

test("every answer that the document names was had", () => {
  const told = operations.flatMap(({ operation: { operationId, responses } }) =>
    Object.entries(responses).flatMap(([status, { content }]) => {
      const names = Object.keys(content["application/json"]?.examples ?? {});
      return names.length > 0
        ? names.map((name) => `${operationId} ${status} ${name}`)
        : [`${operationId} ${status}`];
    }),
  );
  /** Only where a process dies in the middle of a write, or two finish one registration at the same time. */
  const outOfReach = told.filter((it) => it.endsWith(" UNKNOWN")).concat("auth.verify 400 NAME_TAKEN");
  expect([...had, ...outOfReach].toSorted()).toEqual(told.toSorted());
});
