import { beforeAll, describe, expect, test } from "@jest/globals";
import { failure, info } from "../support/answers.ts";
import { get, postForm, postJson } from "../support/form.ts";
import {
  gateA,
  gateB,
  linksIn,
  PASSWORD,
  register,
  uniqueName,
  verificationLink,
} from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

const CREATED = info("successfully created an account creation request.");
let server: Server;
let path: string;
beforeAll(async () => {
  server = await startServer();
  path = `${gateA(server)}/api/v1/auth/register`;
});

const applicant = (changes: Record<string, string> = {}) => {
  const name = uniqueName();
  return { name, email: `${name}@example.com`, password: PASSWORD, ...changes };
};
const login = ({ email, password }: { email: string; password: string }) =>
  postForm(`${gateB(server)}/api/v1/auth/login`, { email, password });

describe("POST /api/v1/auth/register", () => {
  test("answers 201 info 'successfully created an account creation request.' to a form", async () => {
    const answer = await postForm(path, applicant());
    expect([answer.status, answer.body]).toEqual([201, CREATED]);
  });

  test("answers the same to JSON", async () => {
    const person = applicant();
    const answer = await postJson(path, person);
    expect([answer.status, answer.body]).toEqual([201, CREATED]);
    expect((await get(await verificationLink(server, person.email))).status).toBe(201);
    expect((await login(person)).status).toBe(201);
  });

  test("mails exactly one link, of this server, with a key of 43 base64url characters", async () => {
    const person = applicant();
    await postForm(path, person);
    const mail = await server.mails.waitFor(person.email);
    expect(mail.recipients).toEqual([person.email]);
    expect(mail.text.match(/https?:\/\/\S+/g)).toHaveLength(1);
    const [link = ""] = linksIn(mail);
    const base = `${gateA(server)}/api/v1/auth/email_verify/`;
    expect(link.slice(0, base.length)).toBe(base);
    expect(link.slice(base.length)).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  test("mails a different key each time", async () => {
    const people = Array.from({ length: 5 }, () => applicant());
    await Promise.all(people.map((person) => postForm(path, person)));
    const links = await Promise.all(people.map(({ email }) => verificationLink(server, email)));
    expect(new Set(links).size).toBe(5);
  });

  test("answers 400 and names each missing field", async () => {
    for (const answer of [
      await postForm(path, {}),
      await postJson(path, {}),
      await postForm(path, { nmae: "x" }),
    ]) {
      expect([answer.status, answer.body?.type]).toEqual([400, "error"]);
      for (const field of ["name", "email", "password"])
        expect(answer.body?.payload.message).toContain(field);
    }
  });

  test.each(["name", "email", "password"])(
    "answers 400 and names only '%s' when that alone is missing",
    async (field) => {
      const { [field]: _left, ...rest }: Record<string, string> = applicant();
      const answer = await postForm(path, rest);
      expect([answer.status, answer.body]).toEqual([400, failure(expect.stringContaining(field))]);
      for (const other of Object.keys(rest)) expect(answer.body?.payload.message).not.toContain(`'${other}'`);
    },
  );

  test("answers 400 and names each field of a wrong type", async () => {
    const answer = await postJson(path, { name: 5, email: ["a@example.com"], password: { a: 1 } });
    expect(answer.status).toBe(400);
    for (const field of ["name", "email", "password"]) expect(answer.body?.payload.message).toContain(field);
  });

  test.each([
    ["name", ""],
    ["name", "n".repeat(33)],
    ["name", "🙂".repeat(16) + "x"],
    ["name", "a\0b"],
    ["password", "1234567"],
    ["password", "p".repeat(1025)],
    ["email", ""],
    ["email", "nobody"],
    ["email", "@example.com"],
    ["email", "a@"],
    ["email", `${"a".repeat(250)}@example.com`],
    ["email", "a@example.com, b@example.com"],
    ["email", "a@example.com;b@example.com"],
    ["email", "a@example.com b@example.com"],
    ["email", "A Person <a@example.com>"],
    ["email", '"a@example.com" <evil@example.org>'],
    ["email", "<a@example.com>"],
    ["email", "a@example.com\r\nBcc: evil@example.org"],
    ["email", "a@example.com\n"],
    ["email", '"quoted"@example.com'],
    ["email", '"a b"@example.com'],
  ])("answers 400 naming the malformed field: %s %j", async (field, value) => {
    const before = server.mails.all().length;
    for (const post of [postForm, postJson]) {
      const answer = await post(path, applicant({ [field]: value }));
      expect([answer.status, answer.body]).toEqual([400, failure(expect.stringContaining(field))]);
    }
    expect(server.mails.all()).toHaveLength(before);
  });

  test("takes names of 32 UTF-16 units and passwords of 8 to 1024 characters", async () => {
    const taken: Record<string, string>[] = [
      { name: "n".repeat(22) + uniqueName("").slice(1) },
      { name: "🙂".repeat(11) + uniqueName("").slice(1) },
      { name: `한글 ${uniqueName("")}` },
      { password: "12345678" },
      { password: "p".repeat(1024) },
    ];
    for (const changes of taken) {
      const person = applicant({ email: `${uniqueName()}@example.com`, ...changes });
      expect((await postJson(path, person)).status).toBe(201);
      await get(await verificationLink(server, person.email));
      expect((await login(person)).status).toBe(201);
    }
  });

  test("tells long passwords apart by their last character", async () => {
    const person = applicant({ password: "p".repeat(1023) + "a" });
    await postForm(path, person);
    await get(await verificationLink(server, person.email));
    expect((await login({ ...person, password: "p".repeat(1023) + "b" })).status).toBe(401);
    expect((await login(person)).status).toBe(201);
  });

  test.each(["{", "[]", "null", '"text"', "5", ""])(
    "answers 400 to a JSON body that is no object: %j",
    async (body) => {
      const answer = await postJson(path, body);
      expect([answer.status, answer.body]).toEqual([400, failure()]);
    },
  );

  test("answers 400 when the name is taken, whatever its case", async () => {
    const owner = await register(server, uniqueName("Taken"));
    for (const name of [owner.name, owner.name.toUpperCase(), owner.name.toLowerCase()]) {
      const answer = await postForm(path, applicant({ name, email: `${uniqueName()}@example.com` }));
      expect([answer.status, answer.body]).toEqual([400, failure(expect.stringContaining("name"))]);
    }
  });

  test.each([
    ["jose", "josé"],
    ["strasse", "straße"],
    ["🙂", "🎉"],
  ])("takes %s and %s as the names of two people", async (one, other) => {
    const rest = uniqueName("");
    for (const name of [`${one}${rest}`, `${other}${rest}`])
      expect(await register(server, name)).toMatchObject({ name });
  });

  test("answers the same 201 to a registered email, and its owner gets a mail saying so, without a link", async () => {
    const owner = await register(server);
    const intruder = applicant({ email: owner.email, password: "another password" });
    const answer = await postForm(path, intruder);
    expect([answer.status, answer.body]).toEqual([201, CREATED]);
    const mail = await server.mails.waitFor(owner.email, (it) => linksIn(it).length === 0);
    expect(mail.text + mail.html).not.toContain("email_verify");
    expect((await login(intruder)).status).toBe(401);
    expect((await login(owner)).status).toBe(201);
  });

  test("registering again with the same email before verifying replaces the pending request", async () => {
    const first = applicant();
    const second = applicant({ email: first.email, password: "the second password" });
    await postForm(path, first);
    const firstLink = await verificationLink(server, first.email);
    expect((await postForm(path, second)).status).toBe(201);
    const secondLink = await verificationLink(server, first.email, [firstLink]);
    expect((await get(firstLink)).status).toBe(404);
    expect((await get(secondLink)).status).toBe(201);
    expect((await login(first)).status).toBe(401);
    expect((await login(second)).status).toBe(201);
  });

  test("registering again with the same name before verifying replaces the pending request", async () => {
    const first = applicant();
    const second = applicant({ name: first.name.toUpperCase(), email: `${uniqueName()}@example.com` });
    await postForm(path, first);
    const firstLink = await verificationLink(server, first.email);
    expect((await postForm(path, second)).status).toBe(201);
    expect((await get(firstLink)).status).toBe(404);
    expect((await get(await verificationLink(server, second.email))).status).toBe(201);
    expect((await login(first)).status).toBe(401);
    expect((await login(second)).status).toBe(201);
  });

  test("answers 201 while the mail server fails, and the mail comes once it works again", async () => {
    const person = applicant();
    server.mails.failNext(1, 451);
    expect((await postForm(path, person)).status).toBe(201);
    const mail = await server.mails.waitFor(person.email, undefined, 15_000);
    expect((await get(linksIn(mail)[0] ?? "")).status).toBe(201);
  });
});
