import { createHmac } from "node:crypto";
import { readFileSync, rmSync, statSync, existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { error } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { connectAs, gateA, signIn } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { enrol, failingStart, login, tokenOf } from "./accounts.ts";

type Claims = Record<string, unknown>;
type Made = { alg?: string; hash?: string; secret?: string; claims?: Claims };

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const unpart = (text = ""): Claims => JSON.parse(Buffer.from(text, "base64url").toString()) as Claims;
const now = () => Math.floor(Date.now() / 1000);
const secretFile = (server: Server) => join(server.dataDir, "jwt.secret");
const secretOf = (server: Server) => readFileSync(secretFile(server), "utf8").trim();

let server: Server;
let secret: string;
let token: string;
let id: string;
beforeAll(async () => {
  server = await startServer();
  secret = secretOf(server);
  const person = await enrol(server);
  token = tokenOf(await login(server, person));
  id = String(unpart(token.split(".")[1])["sub"]);
});

/** A token as good as the server's own, but for what is said. A claim that is undefined is left out. */
const make = ({ alg = "HS256", hash = "sha256", secret: key = secret, claims = {} }: Made = {}) => {
  const all = { iss: "rewind", sub: id, iat: now(), exp: now() + 3_600, ...claims };
  const signed = `${part({ alg, typ: "JWT" })}.${part(all)}`;
  const mac = hash === "" ? "" : createHmac(hash, key).update(signed).digest("base64url");
  return `${signed}.${mac}`;
};
const beaten = async (at = server) => {
  const client = await Client.connect(gateA(at));
  await client.ask("heartbeat", { count: 0 });
  return client;
};

describe("a token", () => {
  test("is signed with HS256 and says whose it is, from whom and until when, and nothing of the person", () => {
    const [head, claims] = token.split(".");
    expect(unpart(head)).toEqual({ alg: "HS256", typ: "JWT" });
    const { iss, sub, iat, exp, jti } = unpart(claims);
    expect(unpart(claims)).toEqual({ iss, sub, iat, exp, jti });
    expect({ iss, sub, jti }).toEqual({
      iss: "rewind",
      sub: expect.stringMatching(/^[1-9]\d*$/),
      jti: expect.stringMatching(/^\S{20,}$/),
    });
    expect(Number(exp) - now()).toBeGreaterThan(3_600);
    expect(Number(exp) - now()).toBeLessThanOrEqual(30 * 24 * 3_600);
  });

  test("that is made here with the server's secret is as good as its own", async () => {
    const client = await beaten();
    expect(await client.ask("auth", { auth: make() })).toMatchObject({ payload: { self_user: { id } } });
  });

  const cut = (text: string, index: number) =>
    text
      .split(".")
      .map((piece, i) => (i === index ? piece.slice(0, -4) : piece))
      .join(".");
  const bad: [string, () => string][] = [
    ["of alg none, unsigned", () => make({ alg: "none", hash: "" })],
    ["of alg NONE, signed", () => make({ alg: "NONE" })],
    ["of alg none, without the last dot", () => make({ alg: "none", hash: "" }).slice(0, -1)],
    ["of HS512", () => make({ alg: "HS512", hash: "sha512" })],
    ["of HS384", () => make({ alg: "HS384", hash: "sha384" })],
    ["of RS256 with our HMAC", () => make({ alg: "RS256" })],
    [
      "of another secret",
      () => make({ secret: `${secret.slice(0, -1)}${secret.endsWith("A") ? "B" : "A"}` }),
    ],
    ["of an empty secret", () => make({ secret: "" })],
    ["of another issuer", () => make({ claims: { iss: "unwind" } })],
    ["of no issuer", () => make({ claims: { iss: undefined } })],
    ["that has expired", () => make({ claims: { iat: now() - 20, exp: now() - 10 } })],
    ["that does not expire", () => make({ claims: { exp: undefined } })],
    ["that expires never in words", () => make({ claims: { exp: "never" } })],
    ["that is not valid yet", () => make({ claims: { nbf: now() + 600 } })],
    ["of nobody", () => make({ claims: { sub: undefined } })],
    ["of a name", () => make({ claims: { sub: "ann" } })],
    ["of the id 0", () => make({ claims: { sub: "0" } })],
    ["of an id with a sign", () => make({ claims: { sub: `+${id}` } })],
    ["of an id of 64 bits", () => make({ claims: { sub: "9223372036854775808" } })],
    ["of a number", () => make({ claims: { sub: 42 } })],
    ["of a list", () => make({ claims: { sub: [id] } })],
    ["with its head cut short", () => cut(token, 0)],
    ["with its claims cut short", () => cut(token, 1)],
    ["with its signature cut short", () => cut(token, 2)],
    ["without its signature", () => token.split(".").slice(0, 2).join(".")],
  ];
  test.each(bad)("%s is refused with 4000, and the socket stays", async (_what, bogus) => {
    const client = await beaten();
    expect(await client.ask("auth", { auth: bogus() })).toEqual(error(4000));
    expect(await client.ask("load", { type: "mutual_users" })).toEqual(error(4001));
    expect((await client.ask("auth", { auth: token })).type).toBe("auth");
    await client.close();
  });
});

describe("the secret", () => {
  let other: Server;
  beforeAll(async () => {
    other = await startServer();
  });

  test("is a file that its owner alone can read, with 256 random bits at least", () => {
    expect(statSync(secretFile(server)).mode & 0o777).toBe(0o600);
    expect(secret).toMatch(/^[\w-]{43,}$/);
  });

  test("is another one in another DATA_DIR, and so tokens of one server are nothing to the next", async () => {
    expect(secretOf(other)).not.toBe(secret);
    const client = await beaten(other);
    expect(await client.ask("auth", { auth: token })).toEqual(error(4000));
  });

  test("outlives a restart, and so do tokens; once it is gone they are worth nothing", async () => {
    const person = await enrol(other);
    const before = { secret: secretOf(other), token: tokenOf(await login(other, person)) };
    await other.stop();
    await other.restart();
    expect(secretOf(other)).toBe(before.secret);
    expect(statSync(secretFile(other)).mode & 0o777).toBe(0o600);
    await (await connectAs(gateA(other), before)).close();

    await other.stop();
    rmSync(secretFile(other));
    await other.restart();
    expect(secretOf(other)).not.toBe(before.secret);
    const client = await beaten(other);
    expect(await client.ask("auth", { auth: before.token })).toEqual(error(4000));
    expect((await client.ask("auth", { auth: tokenOf(await login(other, person)) })).type).toBe("auth");
  });

  test("is JWT_SECRET where that is set: no file is made, and the same value takes the same tokens", async () => {
    const JWT_SECRET = "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEF";
    const given = await startServer({ JWT_SECRET });
    expect(existsSync(secretFile(given))).toBe(false);
    const client = await Client.connect(gateA(given));
    const mine = tokenOf(await login(given, await enrol(given)));
    await signIn(client, mine);
    const [signed = "", mac] = [mine.slice(0, mine.lastIndexOf(".")), mine.split(".")[2]];
    expect(createHmac("sha256", JWT_SECRET).update(signed).digest("base64url")).toBe(mac);
  });

  test.each([
    ["of 31 characters", "0123456789abcdefghijklmnopqrstu"],
    ["of one character, again and again", "x".repeat(64)],
    ["of few characters", "abcabc123".repeat(8)],
  ])("is not taken when it is weak: %s", async (_what, JWT_SECRET) => {
    const { code, lines, stderr, stdout } = await failingStart({ JWT_SECRET });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(lines).toEqual([expect.stringMatching(/^REWIND does not start: JWT_SECRET: .*32/)]);
    expect(stderr).not.toContain(JWT_SECRET);
  });
});
