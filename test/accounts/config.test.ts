import { createServer } from "node:http";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "../support/client.ts";
import { gateA } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { applicant, apply, failingStart, rawRequest } from "./accounts.ts";

const SECRET = "hunter2-hunter2";

/** Ends at once with exit code 1 and the one line, which has no secret in it. */
const expectRefused = async (name: string, value: string, more: Record<string, string> = {}) => {
  const { code, lines, stdout } = await failingStart({ [name]: value, ...more });
  expect({ code, stdout, lines }).toEqual({
    code: 1,
    stdout: "",
    lines: [expect.stringMatching(new RegExp(`^REWIND does not start: ${name}: \\S.{10,}`))],
  });
  expect(lines.join()).not.toContain(SECRET);
};

describe("a malformed variable ends the start with one line that names it", () => {
  test.each([
    ["PORT", "0"],
    ["PORT", "65536"],
    ["PORT", "3000.5"],
    ["SMTP_URL", `mailer:${SECRET}@mail.example:25`],
    ["SMTP_URL", `http://mailer:${SECRET}@mail.example`],
    ["PUBLIC_URL", "chat.example.org"],
    ["PUBLIC_URL", `ftp://me:${SECRET}@chat.example.org`],
    ["JWT_SECRET", SECRET],
    ["BCRYPT_COST", "twelve"],
    ["BCRYPT_COST", "3"],
    ["BCRYPT_COST", "17"],
    ["RATE_LIMIT", "true"],
    ["LOG_LEVEL", "loud"],
    ["ALLOWED_ORIGINS", "https://a.example,chat.example.org"],
    ["ALLOWED_ORIGINS", "https://chat.example.org/"],
    ["ALLOWED_EMAIL_DOMAINS", "school.example,@other.example"],
    ["ALLOWED_EMAIL_DOMAINS", "localhost"],
    ["V1_LISTS", "text"],
  ])("%s=%s", (name, value) => expectRefused(name, value));

  test("BCRYPT_COST below 10 in production", () =>
    expectRefused("BCRYPT_COST", "9", { NODE_ENV: "production" }));

  test.each([
    ["TRUST_PROXY", "nonsense"],
    ["TRUST_PROXY", "10.0.0.0/99"],
    ["PUBLIC_URL", "http:chat.example.org"],
    ["PUBLIC_URL", "https://chat.example.org/?a=b"],
    ["SMTP_URL", "smtp:mail.example"],
    ["SMTP_URL", "smtp://"],
    ["MAIL_FROM", "nobody"],
  ])("%s=%s", (name, value) => expectRefused(name, value));
});

describe("a start that cannot succeed ends with exit code 1 and a line that says why", () => {
  test("the port is taken", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const { code, lines, stdout } = await failingStart({ PORT: String(port) });
    await new Promise((resolve) => other.close(resolve));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`in use.*127\\.0\\.0\\.1:${port}`)));
  });

  test("the data is another server's, which goes on", async () => {
    const server = await startServer();
    const { code, lines, stdout } = await failingStart({ DATA_DIR: server.dataDir });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(lines).toContainEqual(
      expect.stringContaining(`the data in ${server.dataDir} is in use by another process`),
    );
    expect((await apply(server, applicant())).status).toBe(201);
  });
});

describe("pages of other origins", () => {
  const LISTED = "https://chat.example.org";
  const FOREIGN = "https://evil.example";
  let plain: Server;
  let listing: Server;
  beforeAll(async () => {
    plain = await startServer();
    listing = await startServer({
      ALLOWED_ORIGINS: `${LISTED},http://localhost:5173`,
      PUBLIC_URL: "https://rewind.example.org",
    });
  });

  const connects = async (server: Server, origin: string | undefined) => {
    const client = await Client.connect(gateA(server), { headers: origin === undefined ? {} : { origin } });
    const answer = await client.ask("heartbeat", 1);
    await client.close();
    return answer;
  };
  const ownOf = (server: Server) => new URL(gateA(server)).origin;

  test("a socket: without an Origin, as apps do, and from the server's own pages it is let in", async () => {
    for (const server of [plain, listing])
      for (const origin of [undefined, ownOf(server)])
        expect(await connects(server, origin)).toEqual({ type: "heartbeat", payload: 1 });
  });

  test("a socket: from listed origins and PUBLIC_URL's it is let in", async () => {
    for (const origin of [LISTED, "http://localhost:5173", "https://rewind.example.org"])
      expect(await connects(listing, origin)).toEqual({ type: "heartbeat", payload: 1 });
  });

  test.each([
    FOREIGN,
    "null",
    "http://chat.example.org", // another scheme
    `${LISTED}:8443`,
    `${LISTED}.evil.example`,
    "http://127.0.0.1:1",
    "",
  ])("a socket from %j is refused with 403", async (origin) => {
    await expect(connects(listing, origin)).rejects.toThrow(/403/);
    await expect(connects(plain, origin)).rejects.toThrow(/403/);
  });

  test("a listed origin is nothing to a server that does not list it; * lists all", async () => {
    await expect(connects(plain, LISTED)).rejects.toThrow(/403/);
    const open = await startServer({ ALLOWED_ORIGINS: "*" });
    expect(await connects(open, FOREIGN)).toEqual({ type: "heartbeat", payload: 1 });
  });

  const LOGIN = "/api/v1/auth/login";
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const body = "email=nobody%40example.com&password=a+wrong+guess";
  const post = (server: Server, origin?: string) =>
    rawRequest(`${gateA(server)}${LOGIN}`, {
      method: "POST",
      headers: { ...form, ...(origin !== undefined && { origin }) },
      body,
    });
  const preflight = (server: Server, origin: string) =>
    rawRequest(`${gateA(server)}${LOGIN}`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
      },
    });
  const corsOf = ({ headers }: { headers: object }) =>
    Object.keys(headers).filter((header) => header.startsWith("access-control-"));

  test("HTTP: a listed origin may read answers, and send forms and JSON", async () => {
    const answer = await post(listing, LISTED);
    expect(answer.status).toBe(401);
    expect(answer.headers["access-control-allow-origin"]).toBe(LISTED);
    expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
    const asked = await preflight(listing, LISTED);
    expect([200, 204]).toContain(asked.status);
    expect(asked.headers["access-control-allow-origin"]).toBe(LISTED);
    expect(asked.headers["access-control-allow-methods"]).toContain("POST");
    expect(asked.headers["access-control-allow-headers"]).toMatch(/content-type/i);
  });

  test("HTTP: a foreign, a null and a lookalike origin get no such header, nor does one where none is listed", async () => {
    for (const origin of [FOREIGN, "null", `${LISTED}.evil.example`]) {
      expect(corsOf(await post(listing, origin))).toEqual([]);
      expect(corsOf(await preflight(listing, origin))).toEqual([]);
    }
    for (const origin of [LISTED, FOREIGN, ownOf(plain)]) {
      expect(corsOf(await post(plain, origin))).toEqual([]);
      expect(corsOf(await preflight(plain, origin))).toEqual([]);
    }
    expect((await post(plain)).status).toBe(401);
    expect((await post(listing)).status).toBe(401);
  });

  test("HTTP: the server's own forms work", async () => {
    expect((await post(plain, ownOf(plain))).status).toBe(401);
    expect((await post(listing, "https://rewind.example.org")).status).toBe(401);
  });

  test.each([LISTED.slice(0, -1), "https://chat.example", "http"])(
    "HTTP: %s is not the listed origin that begins like it",
    async (origin) => {
      const answers = [await post(listing, origin), await preflight(listing, origin)];
      expect(answers.map(corsOf)).toEqual([[], []]);
    },
  );

  test("HTTP: they work by whatever name the server is reached", async () => {
    expect((await post(listing, ownOf(listing))).status).toBe(401);
  });
});
