import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { get, postForm } from "../support/form.ts";
import { gateA, PASSWORD, uniqueName } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { applicant, apply, errSays, login, rawRequest, type Applicant } from "./accounts.ts";

const LINK = /https?:\/\/[^\s"<]+\/email_verify\/[\w-]{43}/;
const portOf = (server: Server) => Number(new URL(gateA(server)).port);
/** An address of this machine that is not loopback. */
const outward = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === "IPv4")?.address;

/** Null where somebody listens. */
const refusalOf = (host: string, port: number): Promise<string | null> =>
  new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      socket.destroy();
      resolve(null);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
  });

/** The local addresses at which a port listens, as the kernel writes them. */
const listeningAt = (port: number): string[] => {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["/proc/net/tcp", "/proc/net/tcp6"]
    .flatMap((file) => readFileSync(file, "utf8").trim().split("\n").slice(1))
    .map((row) => row.trim().split(/\s+/))
    .filter(([, local = "", , state]) => local.endsWith(suffix) && state === "0A")
    .map(([, local = ""]) => local.slice(0, -suffix.length));
};

describe("without SMTP_URL", () => {
  let server: Server;
  let page: string;
  let person: Applicant;
  let link: string;
  beforeAll(async () => {
    server = await startServer({ SMTP_URL: "" });
    page = `${gateA(server)}/dev/mail`;
    person = applicant({ name: "<i>ann</i> & 'co'" });
    expect((await apply(server, person)).status).toBe(201);
    link = LINK.exec(await errSays(server, /email_verify/))?.[0] ?? "";
  });

  test("the mail shows at /dev/mail, with the link that is in the log, and the link works", async () => {
    const { status, headers, text } = await get(page);
    expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(text).toContain(person.email);
    expect(link.startsWith(`${gateA(server)}/api/v1/auth/email_verify/`)).toBe(true);
    expect(text).toContain(`href="${link}"`);
    expect((await get(link)).status).toBe(201);
    expect((await login(server, person)).status).toBe(201);
  });

  test("what a name holds is no markup there", async () => {
    const { text } = await get(page);
    expect(text).toContain("&lt;i&gt;ann&lt;/i&gt; &amp; &#39;co&#39;");
    expect(text).not.toContain("<i>");
  });

  test("who registers without JavaScript is led there", async () => {
    const form = { name: uniqueName(), email: `${uniqueName()}@example.com`, password: PASSWORD };
    const answer = await postForm(`${gateA(server)}/api/v1/auth/register`, form, { accept: "text/html" });
    expect(answer.text).toContain('href="/dev/mail"');
  });

  test("localhost and 127.0.0.1 are this machine's own names", async () => {
    for (const host of [
      `localhost:${portOf(server)}`,
      "localhost",
      "127.0.0.1",
      `LOCALHOST:${portOf(server)}`,
    ])
      expect((await rawRequest(page, { headers: { host } })).status).toBe(200);
  });

  test.each([
    ["through a proxy", { "x-forwarded-for": "127.0.0.1" }],
    ["through a proxy that says it the new way", { forwarded: "for=127.0.0.1" }],
    ["by a foreign name", { host: "evil.example" }],
    ["by a foreign name that begins like ours", { host: "localhost.evil.example" }],
    ["by a foreign name that begins like our address", { host: "127.0.0.1.evil.example" }],
    ["by a foreign name and our port", { host: "evil.example:3000" }],
  ])("there is no such page for one who asks %s", async (_how, headers) => {
    const answer = await rawRequest(page, { headers });
    expect(answer.status).toBe(404);
    expect(answer.text).not.toContain("email_verify");
  });

  test("the server listens on 127.0.0.1 and nowhere else, HOST being unset", async () => {
    expect(listeningAt(portOf(server))).toEqual(["0100007F"]);
    if (outward === undefined) expect(listeningAt(portOf(server))).not.toContain("00000000");
    else expect(await refusalOf(outward, portOf(server))).toBe("ECONNREFUSED");
  });
});

test("with SMTP_URL there is no such page, and no link in the log", async () => {
  const server = await startServer();
  const person = applicant();
  expect((await apply(server, person)).status).toBe(201);
  await server.mails.waitFor(person.email);
  expect((await get(`${gateA(server)}/dev/mail`)).status).toBe(404);
  expect((await get(`${gateA(server)}/`)).text).not.toContain("/dev/mail");
  expect(server.stderr()).not.toContain("email_verify");
});

test("with HOST=0.0.0.0 the page is there for those at this machine, and for nobody over the network", async () => {
  const server = await startServer({ SMTP_URL: "", HOST: "0.0.0.0" });
  const port = portOf(server);
  expect(listeningAt(port)).toEqual(["00000000"]);
  expect((await rawRequest(`http://127.0.0.1:${port}/dev/mail`)).status).toBe(200);
  if (outward === undefined) {
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    expect(addresses.filter(({ internal, family }) => !internal && family === "IPv4")).toEqual([]);
    return; // nothing to ask from
  }
  const url = `http://${outward}:${port}`;
  expect((await rawRequest(`${url}/login`)).status).toBe(200);
  for (const host of [`${outward}:${port}`, `localhost:${port}`])
    expect((await rawRequest(`${url}/dev/mail`, { headers: { host } })).status).toBe(404);
});
