import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { postForm, postJson } from "../support/form.ts";
import { gateA, PASSWORD, register, uniqueName, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { check } from "./check.ts";
import { anyString, anyUtf16, deepText, fieldsOf, jsonText, nearMiss, objectText, trap } from "./hostile.ts";

const DOCUMENTED = [201, 400, 401, 404, 413, 415, 429];
const TYPES = ["error", "info", "auth"];
const MAX_BODY_BYTES = 16 * 1024;

let server: Server;
let person: Person;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT: "off" });
  person = await register(server);
});
afterEach(() => void process.kill(server.pid, 0)); // throws where the process is gone

type Sent = { method: string; path: string; headers?: Record<string, string>; body?: string | Uint8Array };
type Got = { status: number; type: string; text: string };
/** A request as it is said here: fetch would mend the path and the headers. */
const send = ({ method, path, headers = {}, body }: Sent) =>
  new Promise<Got>((resolve, reject) => {
    const { hostname, port } = new URL(gateA(server));
    const outgoing = httpRequest({ hostname, port, method, path, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers["content-type"] ?? "", text }),
      );
    });
    outgoing.once("error", reject).end(body);
  });

/** Fails unless the answer is one of those documented. */
const judge = ({ status, type, text }: Got): number => {
  expect([status, DOCUMENTED.includes(status), type]).toEqual([
    status,
    true,
    expect.stringMatching(/^application\/json/),
  ]);
  const body = JSON.parse(text) as { type: string; payload: { message?: string; token?: string } };
  expect(Object.keys(body)).toEqual(["type", "payload"]);
  expect(TYPES).toContain(body.type);
  expect(body.type === "error").toBe(status !== 201);
  if (body.type !== "auth") expect(body.payload).toEqual({ message: expect.stringMatching(/\S/) });
  return status;
};

const ROUTES = ["/api/v1/auth/register", "/api/v1/auth/login"];
const route = fc.constantFrom(...ROUTES);
const urlencoded = fc
  .array(
    fc.tuple(
      fc.oneof(
        fc.constantFrom("name", "email", "password", "name[]", "email[a]", "key", "address"),
        trap,
        anyString,
      ),
      fc.oneof(anyUtf16, anyString, fc.constantFrom("%", "%zz", "%c3%28", "a@b.example", "x".repeat(2_000))),
      fc.boolean(),
    ),
    { maxLength: 8 },
  )
  .map((fields) =>
    fields
      .map(([key, value, isRaw]) =>
        isRaw ? `${key}=${value}` : new URLSearchParams({ [key]: value }).toString(),
      )
      .join("&"),
  );
const nearlyJson = fc
  .tuple(fc.string({ minLength: 8, maxLength: 20 }), fc.boolean())
  .map(([password, isKnown]) => ({ email: isKnown ? person.email : "nobody@example.com", password }));
const json = fc.oneof(
  { weight: 4, arbitrary: nearMiss(fieldsOf({ name: "n", email: "a@example.com", password: PASSWORD })) },
  { weight: 2, arbitrary: jsonText },
  { weight: 1, arbitrary: deepText },
  {
    weight: 1,
    arbitrary: fc.tuple(trap, deepText).map(([key, text]) =>
      objectText([
        [key, text],
        ["name", text],
      ]),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(jsonText, fc.nat(50)).map(([text, at]) => text.slice(0, at)) },
);
const huge = fc.integer({ min: 10_000, max: 100_000 }).map((length) => `name=${"x".repeat(length)}`);
const many = fc.integer({ min: 900, max: 3_000 }).map((count) => "a&".repeat(count));
const contentType = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("application/json", "application/x-www-form-urlencoded") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "application/json; charset=utf-16",
      "application/json; charset=nonsense",
      'application/json; charset="',
      "application/x-www-form-urlencoded; charset=iso-8859-1",
      "application/x-www-form-urlencoded; charset=koi8-r",
      "multipart/form-data; boundary=x",
      "multipart/form-data",
      "text/plain",
      "text/html",
      "application/jsonp",
      "/",
      ";",
      "",
    ),
  },
);
const body = fc.oneof(
  { weight: 5, arbitrary: json },
  { weight: 5, arbitrary: urlencoded },
  { weight: 1, arbitrary: huge },
  { weight: 1, arbitrary: many },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  },
  { weight: 1, arbitrary: nearlyJson.map((value) => JSON.stringify(value)) },
);
const encoding = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom("gzip", "deflate", "br", "identity", "nonsense", "gzip, gzip") },
);

describe("whatever is posted to register and login", () => {
  test("is answered as documented", async () => {
    const seen = new Set<number>();
    await check(
      fc.asyncProperty(route, contentType, encoding, body, async (path, type, coding, text) => {
        const headers = { "content-type": type, ...(coding !== undefined && { "content-encoding": coding }) };
        seen.add(judge(await send({ method: "POST", path, headers, body: text })));
      }),
      700,
    );
    expect([...seen]).toEqual(expect.arrayContaining([400, 413]));
  });

  test("a body that is too large is 413, whatever it says", async () => {
    const length = fc.integer({ min: MAX_BODY_BYTES + 1, max: 200_000 });
    const types = fc.constantFrom("application/json", "application/x-www-form-urlencoded");
    await check(
      fc.asyncProperty(route, length, types, async (path, bytes, type) => {
        const text = type.endsWith("json") ? `"${"x".repeat(bytes)}"` : "x".repeat(bytes);
        expect(
          judge(await send({ method: "POST", path, headers: { "content-type": type }, body: text })),
        ).toBe(413);
      }),
      20,
    );
  });

  test("a body that breaks off makes no answer of 5xx, and nobody else feels it", async () => {
    const { hostname, port } = new URL(gateA(server));
    const breakOff = (head: string, ends: boolean) =>
      new Promise<string>((resolve) => {
        let text = "";
        const socket = connect(Number(port), hostname, () => (ends ? socket.end(head) : socket.write(head)));
        socket.setEncoding("utf8").on("data", (part: string) => (text += part));
        socket.on("error", () => {}).on("close", () => resolve(text));
        if (!ends) setTimeout(() => socket.destroy(), 5);
      });
    await check(
      fc.asyncProperty(route, contentType, body, fc.boolean(), async (path, type, text, ends) => {
        const bytes = Buffer.byteLength(text) + 1 + (text.length % 7);
        const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${bytes}\r\n\r\n${text}`;
        expect(await breakOff(head, ends)).not.toMatch(/^HTTP\/1\.1 5/);
      }),
      60,
    );
    expect(judge(await send({ method: "POST", path: "/api/v1/auth/login" }))).toBe(400);
  });
});

describe("whatever is asked for", () => {
  const raw = fc.stringMatching(/^[!-~]{0,60}$/);
  const percent = fc
    .array(
      fc.constantFrom(
        "%",
        "%00",
        "%2f",
        "%2e%2e",
        "%zz",
        "%c3%28",
        "%ED%A0%80",
        "%F0%9F%99%82",
        "%",
        "a",
        "/",
        "..",
      ),
    )
    .map((parts) => parts.join(""));
  const segment = fc.oneof(
    raw,
    percent,
    anyString.filter((text) => text.isWellFormed()).map((text) => encodeURIComponent(text)),
    trap,
    fc.integer({ min: 100, max: 8_000 }).map((length) => "k".repeat(length)),
  );
  const query = fc.oneof(
    fc.constant(""),
    raw.map((text) => `?${text}`),
    fc.constantFrom("?key=x", "?__proto__[key]=x", "?key[]=a&key[b]=c"),
  );

  test("a link that was never sent is 404, or 400 where it cannot be read", async () => {
    await check(
      fc.asyncProperty(segment, query, async (key, rest) => {
        const got = await send({ method: "GET", path: `/api/v1/auth/email_verify/${key}${rest}` });
        expect([400, 404]).toContain(judge(got));
      }),
      400,
    );
  });

  test("an API path or method that does not exist is 404", async () => {
    const method = fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND");
    const path = fc
      .tuple(
        fc.constantFrom("/api/", "/api/v1/", "/api/v1/auth/", "/auth.login/", "/users/get/", "//", "/$node/"),
        segment,
      )
      .map(([start, end]) => start + end)
      .filter((it) => !/^\/+([?#]|$)|^\/api\/v1\/auth\/(register|login)\/?([?#]|$)/i.test(it));
    await check(
      fc.asyncProperty(method, path, query, async (how, where, rest) => {
        expect([400, 404]).toContain(judge(await send({ method: how, path: where + rest })));
      }),
      300,
    );
  });
});

describe("an e-mail address that is taken", () => {
  const ADDRESSES = ["a@example.com", "b@example.org", "Some.One+tag@Sub.Example.COM", "o'neil@example.com"];
  const parts = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...ADDRESSES) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        ",",
        ";",
        '"',
        "'",
        "<",
        ">",
        "(",
        ")",
        ":",
        "\\",
        "@",
        " ",
        "\r\n",
        "\n",
        "\t",
        "\0",
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "Bcc: ",
        "=?utf-8?q?b=40example.org?=",
        "..",
        "-",
        "_",
        "[127.0.0.1]",
        "é",
        "한",
      ),
    },
    { weight: 1, arbitrary: fc.stringMatching(/^[!-~]{1,5}$/) },
  );
  const crafted = fc.array(parts, { minLength: 1, maxLength: 5 }).map((all) => all.join(""));
  const odd = fc
    .tuple(
      fc.stringMatching(/^[!#-'*+\--9=?A-Z^-~]{1,20}$/),
      fc.stringMatching(/^[a-zA-Z0-9.-]{1,12}$/),
      fc.constantFrom("com", "Example", "a-b", "1"),
    )
    .map(([local, domain, end]) => `${local}@${domain}.${end}`);
  const address = fc.oneof(
    { weight: 3, arbitrary: crafted },
    { weight: 2, arbitrary: odd },
    fc.constantFrom(...ADDRESSES),
  );

  test("is the one that gets the mail, and no other does", async () => {
    const count = () => server.mails.all().length;
    const before = count();
    let taken = 0;
    await check(
      fc.asyncProperty(address, fc.boolean(), async (email, asJson) => {
        const post: (url: string, fields: Record<string, string>) => ReturnType<typeof postForm> = asJson
          ? postJson
          : postForm;
        const sent = count();
        const { status } = await post(`${gateA(server)}/api/v1/auth/register`, {
          name: uniqueName(),
          email,
          password: PASSWORD,
        });
        expect([201, 400]).toContain(status);
        if (status !== 201) return;
        for (const until = Date.now() + 4_000; count() === sent && Date.now() < until;) await pause(2);
        const mails = server.mails.all().slice(sent);
        expect(mails.map(({ recipients }) => recipients.map((it) => it.toLowerCase()))).toEqual([
          [email.toLowerCase()],
        ]);
        expect([mails[0]?.parsed.cc, mails[0]?.parsed.bcc]).toEqual([undefined, undefined]);
        taken += 1;
      }),
      300,
    );
    await pause(200);
    expect(count() - before).toBe(taken);
    expect(taken).toBeGreaterThan(30);
  });
});
