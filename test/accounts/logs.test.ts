import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { get } from "../support/form.ts";
import { connectAs, dm, gateA, registerAll } from "../support/people.ts";
import { startServer } from "../support/server.ts";
import { applicant, apply, keyOf, login, openStopped, rowsOf, tokenOf } from "./accounts.ts";
import { openSmtp, until, type Smtp } from "./smtp.ts";

const SMTP_PASSWORD = "smtp-secret-4711";
const WRONG = "a wrong guess 0815";
const LINK = /https?:\/\/\S+\/email_verify\/[\w-]{43}/;

describe.each(["debug", "trace"])("at LOG_LEVEL=%s", (LOG_LEVEL) => {
  let smtp: Smtp;
  beforeAll(async () => {
    smtp = await openSmtp();
  });
  afterAll(() => smtp.close());

  test("no secret, password, token or verification key is written", async () => {
    const SMTP_URL = smtp.url.replace("//", `//mailer:${SMTP_PASSWORD}@`);
    const server = await startServer({ LOG_LEVEL, SMTP_URL });
    const person = applicant({ password: "a password 12345" });
    expect((await apply(server, person)).status).toBe(201);
    await until("the mail", () => smtp.kept.length === 1);
    const link = LINK.exec(smtp.kept[0]?.text ?? "")?.[0] ?? "";
    expect((await get(link, { accept: "text/html" })).status).toBe(201);
    expect((await get(link)).status).toBe(404);
    expect((await login(server, { ...person, password: WRONG })).status).toBe(401);
    expect((await apply(server, person)).status).toBe(400);
    expect((await apply(server, applicant({ email: person.email, password: WRONG }))).status).toBe(201);
    const token = tokenOf(await login(server, person));
    const client = await connectAs(gateA(server), { token });
    expect((await client.ask("auth", { auth: `${token}x` })).type).toBe("error");
    const secret = readFileSync(join(server.dataDir, "jwt.secret"), "utf8").trim();
    await server.stop();

    const said = server.stdout() + server.stderr();
    const [row] = rowsOf(server, "auth", "SELECT password_hash FROM accounts");
    const hidden = {
      password: person.password,
      wrongPassword: WRONG,
      key: keyOf(link),
      token,
      claims: token.split(".")[1],
      signature: token.split(".")[2],
      secret,
      smtpPassword: SMTP_PASSWORD,
      hash: String(row?.["password_hash"]),
    };
    for (const text of Object.values(hidden)) expect(text?.length).toBeGreaterThan(10);
    const found = Object.entries(hidden).filter(([, text]) => said.includes(text ?? ""));
    expect(found.map(([what]) => what)).toEqual([]);
    expect(smtp.logins).toContain(`mailer:${SMTP_PASSWORD}`); // it was used
    expect(said).toMatch(/"level":(20|10),/); // it was searched for where much is said
  });
});

describe("where a store fails", () => {
  const broken = (table: string) =>
    `CREATE TRIGGER broken_${table} BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'the disk is on fire'); END`;

  test("the log says so, without the key, the hash and the words that could not be stored", async () => {
    const server = await startServer();
    const [a, b] = await registerAll(server, "ann", "ben");
    if (!a || !b) throw new Error("two people");
    const pending = applicant();
    expect((await apply(server, pending)).status).toBe(201);
    const mail = await server.mails.waitFor(pending.email);
    const link = LINK.exec(mail.text)?.[0] ?? "";
    await server.stop();
    openStopped(server, "mailer", (db) => db.exec(broken("mails")));
    openStopped(server, "auth", (db) => db.exec(broken("accounts")));
    openStopped(server, "chat", (db) => db.exec(broken("messages")));
    await server.restart();

    expect((await get(link)).status).toBe(500);
    expect((await apply(server, applicant())).status).toBe(500);
    const client = await connectAs(gateA(server), a);
    const content = "for the eyes of ben alone";
    expect((await client.ask("chat", { type: "send", chat_id: dm(a, b), content })).type).toBe("error");
    await server.stop();

    const said = server.stderr();
    expect(said.match(/the disk is on fire/g)?.length).toBeGreaterThanOrEqual(3);
    expect({
      keys: said.match(/email_verify\/[\w-]{43}/g) ?? [],
      hashes: said.match(/\$2b\$\d\d\$[./\w]{53}/g) ?? [],
      words: said.includes(content),
    }).toEqual({ keys: [], hashes: [], words: false });
  });
});
