import { beforeAll, describe, expect, test } from "@jest/globals";
import { failure, info } from "../support/answers.ts";
import { get, postForm, postJson, request, type Answer } from "../support/form.ts";
import {
  gateA,
  gateB,
  PASSWORD,
  register,
  uniqueName,
  verificationLink,
  type Person,
} from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

const BROWSER = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };
const GONE = failure("The session has expired or does not exist.");
let server: Server;
let owner: Person;
let api: string;
beforeAll(async () => {
  server = await startServer();
  api = `${gateA(server)}/api/v1/auth`;
  owner = await register(server);
});

const apply = async (): Promise<{ name: string; email: string; password: string; link: string }> => {
  const name = uniqueName();
  const person = { name, email: `${name}@example.com`, password: PASSWORD };
  await postForm(`${api}/register`, person);
  return { ...person, link: await verificationLink(server, person.email) };
};
const isPage = ({ headers, text }: Answer) =>
  (headers.get("content-type") ?? "").startsWith("text/html") && text.includes("<html");
const heading = ({ text }: Answer) => /<h1>(.*?)<\/h1>/s.exec(text)?.[1] ?? "";

describe("GET /api/v1/auth/email_verify/<key>", () => {
  test("answers 201 info 'account successfully created.'", async () => {
    const { link } = await apply();
    const answer = await get(link);
    expect([answer.status, answer.body]).toEqual([201, info("account successfully created.")]);
  });

  test("works once: a second time answers 404 'The session has expired or does not exist.'", async () => {
    const { link } = await apply();
    await get(link);
    const answer = await get(link);
    expect([answer.status, answer.body]).toEqual([404, GONE]);
  });

  test("works once under 100 parallel requests", async () => {
    const person = await apply();
    const [, path = ""] = person.link.split(gateA(server));
    const gates = [gateA(server), gateB(server)];
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => get(`${gates[i % 2]}${path}`)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 404)).toHaveLength(99);
    expect((await postForm(`${api}/login`, person)).status).toBe(201);
  });

  test.each([
    "x",
    "A".repeat(43),
    "A".repeat(500),
    "constructor",
    "__proto__",
    "%27%20OR%201=1",
    "%EA%B0%80",
  ])("answers 404 to a key nobody was given: %s", async (key) => {
    const answer = await get(`${api}/email_verify/${key}`);
    expect([answer.status, answer.body]).toEqual([404, GONE]);
  });

  test("a browser that asks for text/html gets a page that says so", async () => {
    const { link } = await apply();
    const answer = await get(link, BROWSER);
    expect([answer.status, isPage(answer)]).toEqual([201, true]);
    expect(heading(answer)).toMatch(/account/i);
    const again = await get(link, BROWSER);
    expect([again.status, isPage(again)]).toEqual([404, true]);
    expect(heading(again)).toMatch(/link|expired|exist/i);
    expect(heading(again)).not.toBe(heading(answer));
  });
});

describe("POST /api/v1/auth/login", () => {
  test("answers 201 auth with a token, to a form and to JSON", async () => {
    const { email, password } = owner;
    for (const answer of [
      await postForm(`${api}/login`, { email, password }),
      await postJson(`${gateB(server)}/api/v1/auth/login`, { email, password }),
    ]) {
      const token = expect.stringMatching(/^\S{20,}$/);
      expect([answer.status, answer.body]).toEqual([201, { type: "auth", payload: { token } }]);
    }
  });

  test("answers 400 and names the missing field", async () => {
    for (const [sent, missing] of [
      [{}, ["email", "password"]],
      [{ email: owner.email }, ["password"]],
      [{ password: owner.password }, ["email"]],
    ] as const) {
      const answer = await postForm(`${api}/login`, { ...sent });
      expect([answer.status, answer.body]).toEqual([400, failure()]);
      for (const field of missing) expect(answer.body?.payload.message).toContain(field);
    }
  });

  test("answers 400 to fields of a wrong type", async () => {
    const answer = await postJson(`${api}/login`, { email: { $ne: null }, password: 12345678 });
    expect([answer.status, answer.body]).toEqual([400, failure()]);
    for (const field of ["email", "password"]) expect(answer.body?.payload.message).toContain(field);
  });

  test("answers 401 'email or password incorrect.' for either", async () => {
    const wrong = await postForm(`${api}/login`, { email: owner.email, password: "not the password" });
    const unknown = await postForm(`${api}/login`, { email: "nobody@example.com", password: PASSWORD });
    for (const answer of [wrong, unknown]) {
      expect([answer.status, answer.body]).toEqual([401, failure("email or password incorrect.")]);
    }
  });

  test("answers 401 before the account is verified", async () => {
    const { email, password } = await apply();
    expect((await postForm(`${api}/login`, { email, password })).status).toBe(401);
  });
});

describe("pages", () => {
  /** What a browser would send: where the page's one form points, with a value for each of its named inputs. */
  const submit = async (page: string, values: Record<string, string>, headers: Record<string, string>) => {
    const { status, headers: got, text } = await get(page, BROWSER);
    expect([status, (got.get("content-type") ?? "").startsWith("text/html")]).toEqual([200, true]);
    const form = /<form\b([^>]*)>(.*?)<\/form>/s.exec(text);
    expect(form?.[1]).toMatch(/method="?post"?/i);
    const action = /action="([^"]*)"/.exec(form?.[1] ?? "")?.[1] ?? "";
    const names = [...(form?.[2] ?? "").matchAll(/<input\b[^>]*\bname="([^"]+)"/g)].map(
      (match) => match[1] ?? "",
    );
    expect(names.toSorted()).toEqual(Object.keys(values).toSorted());
    return postForm(new URL(action, page).href, values, headers);
  };

  test("GET /register is a plain HTML form that works", async () => {
    const name = uniqueName();
    const values = { name, email: `${name}@example.com`, password: PASSWORD };
    const answer = await submit(`${gateA(server)}/register`, values, BROWSER);
    expect([answer.status, isPage(answer)]).toEqual([201, true]);
    expect(heading(answer)).toMatch(/mail|account/i);
    expect((await get(await verificationLink(server, values.email))).status).toBe(201);
  });

  test("GET /login is a plain HTML form that works", async () => {
    const { email, password } = owner;
    const answer = await submit(`${gateA(server)}/login`, { email, password }, BROWSER);
    expect([answer.status, isPage(answer)]).toEqual([201, true]);
  });

  test("a failed form answers a page with the same status, and what was typed is not markup in it", async () => {
    const bad = { name: "<script>alert(1)</script>", email: "<b>x</b>", password: "short" };
    const answer = await submit(`${gateA(server)}/register`, bad, BROWSER);
    expect([answer.status, isPage(answer)]).toEqual([400, true]);
    expect(answer.text).not.toMatch(/<script>alert|<b>x/);
    const login = await submit(
      `${gateA(server)}/login`,
      { email: owner.email, password: "wrong one" },
      BROWSER,
    );
    expect([login.status, isPage(login)]).toEqual([401, true]);
    expect(login.text).toContain("email or password incorrect.");
  });

  test.each(["application/json", "*/*"])("accept: %s gets JSON", async (accept) => {
    const { link } = await apply();
    expect((await get(link, { accept })).body?.type).toBe("info");
    expect((await postForm(`${api}/register`, {}, { accept })).body?.type).toBe("error");
  });
});

describe("every answer is JSON", () => {
  test.each([
    ["GET", "/nowhere"],
    ["GET", "/api/v1/auth"],
    ["GET", "/api/v1/auth/email_verify/"],
    ["GET", "/constructor"],
    ["GET", "/api/v1/auth/__proto__"],
    ["POST", "/api/v1/auth/nowhere"],
    ["GET", "/%"],
    ["GET", "/..%2f..%2fpackage.json"],
  ])("an unknown path answers 404: %s %s", async (method, path) => {
    const answer = await request(`${gateA(server)}${path}`, { method });
    expect([answer.status, answer.body]).toEqual([404, failure()]);
  });
});
