import { request } from "node:http";
import { beforeAll, expect, test } from "@jest/globals";
import { gateA } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

/** How the gateway serves the built client. */
let server: Server;
let script: string;
beforeAll(async () => {
  server = await startServer();
  const html = await (await fetch(gateA(server))).text();
  script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? "";
});

type Answer = { status: number; headers: Record<string, string | string[] | undefined>; body: Buffer };
/** As it stands on the line: `fetch` would tidy up paths. */
const ask = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asking = request(gateA(server), { path, method, headers }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
    });
    asking.on("error", reject).end();
  });

test("the page is asked for anew each time, what it names is kept for good", async () => {
  const page = await ask("/");
  expect([page.status, page.headers["cache-control"]]).toEqual([200, "no-cache"]);
  const asset = await ask(script);
  expect(asset.headers["cache-control"]).toMatch(/immutable/);
  expect(asset.headers["content-type"]).toBe("text/javascript; charset=utf-8");
  expect(asset.headers["x-content-type-options"]).toBe("nosniff");
});

test("a page that did not change is not sent again", async () => {
  const { headers } = await ask("/");
  const again = await ask("/", { "if-none-match": String(headers["etag"]) });
  expect([again.status, again.body.length]).toEqual([304, 0]);
  const either = await ask("/", { "if-none-match": `"other", ${String(headers["etag"])}` });
  expect(either.status).toBe(304);
});

test.each([
  ["br, gzip", "br"],
  ["gzip", "gzip"],
  ["br;q=0, gzip;q=0.5", "gzip"],
  ["brotli", undefined],
  ["identity", undefined],
])("who accepts %s gets %s", async (accepted, encoding) => {
  const { headers, body } = await ask(script, { "accept-encoding": accepted });
  expect(headers["content-encoding"]).toBe(encoding);
  expect(body.length).toBe(Number(headers["content-length"]));
});

test("HEAD is told what GET would get, and not sent it", async () => {
  const { status, headers, body } = await ask("/", {}, "HEAD");
  expect([status, body.length]).toEqual([200, 0]);
  expect(Number(headers["content-length"])).toBeGreaterThan(100);
});

test.each([
  "/../package.json",
  "/assets/../../package.json",
  "/%2e%2e/package.json",
  "/assets/..%2f..%2fpackage.json",
  "/.sources",
  "//etc/passwd",
  "/assets/",
  "/index.html.br",
  "/web/dist/index.html",
])("%s is not there", async (path) => {
  expect((await ask(path)).status).toBe(404);
});

test.each(["bytes=0-5", "bytes=5-2", "bytes=x", "bytes=999999999-"])(
  "a range of %s is no trouble",
  async (range) => {
    const { status, body, headers } = await ask(script, { range });
    expect([status, body.length]).toEqual([200, Number(headers["content-length"])]);
  },
);

test("nothing is taken from there by POST", async () => {
  expect((await ask("/", {}, "POST")).status).toBe(404);
});

test("the policy lets the page reach the WebSocket of the host that it was asked of, and no other", async () => {
  const policyAt = async (host: string) =>
    String((await ask("/", { host })).headers["content-security-policy"]);
  expect(await policyAt("chat.example.org:8443")).toContain(
    "connect-src 'self' ws://chat.example.org:8443 wss://chat.example.org:8443;",
  );
  expect(await policyAt("x; script-src *")).toContain("connect-src 'self';");
});
