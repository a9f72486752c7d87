import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, test } from "@jest/globals";
import { get } from "../support/form.ts";
import { gateA, linksIn, verificationLink } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { applicant, apply, asked, change, errSays, keyOf, login, mailsOf } from "./accounts.ts";
import { openSmtp, until, type Smtp } from "./smtp.ts";

const LINK = /https?:\/\/\S+\/email_verify\/[\w-]{43}/;
const smtps: Smtp[] = [];
afterAll(async () => {
  for (const smtp of smtps) await smtp.close();
});
const smtpServer = async (...options: Parameters<typeof openSmtp>) => {
  const smtp = await openSmtp(...options);
  smtps.push(smtp);
  return smtp;
};
/** A mail is sent after those before it: once this one is there, no other is on its way. */
const another = async (server: Server, smtp: Smtp) => {
  const person = await asked(server);
  await until("another mail", () => smtp.kept.some(({ recipients }) => recipients.includes(person.email)));
};

describe("the queue", () => {
  test("survives kill -9 while the mail server refuses: the mail is tried again, and arrives once", async () => {
    const refusing = await openSmtp({ judge: () => ({ code: 451, message: "not now" }) });
    const server = await startServer({ SMTP_URL: refusing.url });
    const person = await asked(server);
    await errSays(server, /is not sent yet, next attempt in 5 s: .*451 not now/);
    await server.kill();
    await refusing.close();
    expect(refusing.kept).toEqual([]);
    expect(mailsOf(server)).toMatchObject([{ recipient: person.email, state: "queued", attempts: 1 }]);

    const working = await smtpServer({ port: refusing.port });
    await server.restart();
    await until("the mail", () => working.kept.length > 0);
    await another(server, working);
    const mine = working.kept.filter(({ recipients }) => recipients.includes(person.email));
    expect(mine).toHaveLength(1);
    expect((await get(LINK.exec(mine[0]?.text ?? "")?.[0] ?? "")).status).toBe(201);
    expect((await login(server, person)).status).toBe(201);
    await server.stop();
    expect(mailsOf(server)).toMatchObject([
      { recipient: person.email, state: "sent", attempts: 2 },
      { state: "sent", attempts: 1 },
    ]);
  });

  test("survives a mail server that is gone and comes back elsewhere, under a new SMTP_URL", async () => {
    const gone = await openSmtp();
    await gone.close();
    const server = await startServer({ SMTP_URL: gone.url });
    const person = await asked(server);
    await errSays(server, /is not sent yet.*ECONNREFUSED/);
    await server.stop();
    change(server, "mailer", "UPDATE mails SET due_at = ?", Date.now()); // as if the wait were over
    const working = await smtpServer();
    await server.restart({ SMTP_URL: working.url });
    await until("the mail", () => working.kept.length > 0);
    expect(working.kept.map(({ recipients }) => recipients)).toEqual([[person.email]]);
  });

  test("waits longer each time", async () => {
    const refusing = await smtpServer({ judge: () => ({ code: 451, message: "not now" }) });
    const server = await startServer({ SMTP_URL: refusing.url });
    await asked(server);
    await errSays(server, /next attempt in 5 s/);
    for (const seconds of [10, 20]) {
      await server.stop();
      change(server, "mailer", "UPDATE mails SET due_at = ?", Date.now());
      await server.restart();
      await errSays(server, new RegExp(`next attempt in ${seconds} s`));
    }
    await server.stop();
    change(server, "mailer", "UPDATE mails SET due_at = ?, attempts = 17", Date.now());
    await server.restart();
    await errSays(server, /is given up after 18 attempt/);
  });

  test.each([550, 554])(
    "gives a mail up at %d, says so in the log, and goes on with the next",
    async (code) => {
      let refused = "";
      const smtp = await smtpServer({
        judge: ({ recipients }) =>
          recipients.includes(refused) ? { code, message: "no such mailbox" } : null,
      });
      const server = await startServer({ SMTP_URL: smtp.url });
      const person = applicant();
      refused = person.email;
      expect((await apply(server, person)).status).toBe(201);
      const line = await errSays(server, /is given up after 1 attempt/);
      expect(JSON.parse(line)).toMatchObject({ level: 50, msg: expect.stringContaining("no such mailbox") });
      await another(server, smtp);
      const key = keyOf(LINK.exec(smtp.offered[0]?.text ?? "")?.[0] ?? "");
      expect(key).toMatch(/^[\w-]{43}$/);
      expect(server.stderr()).not.toContain(key);
      await server.stop();
      const [failed, sent] = mailsOf(server);
      expect(failed).toMatchObject({ recipient: person.email, state: "failed", attempts: 1 });
      expect(failed?.["last_error"]).toContain("no such mailbox");
      expect(sent).toMatchObject({ state: "sent", last_error: null });

      await server.restart();
      await another(server, smtp);
      const offers = smtp.offered.filter(({ recipients }) => recipients.includes(person.email));
      expect(offers).toHaveLength(1);
    },
  );

  test("does not repeat a key that the mail server quotes in its refusal", async () => {
    const smtp = await smtpServer({
      judge: ({ text }) => ({ code: 554, message: `spam: ${LINK.exec(text)?.[0] ?? ""}` }),
    });
    const server = await startServer({ SMTP_URL: smtp.url });
    await asked(server);
    await errSays(server, /is given up/);
    const key = keyOf(LINK.exec(smtp.offered[0]?.text ?? "")?.[0] ?? "");
    expect(key).toMatch(/^[\w-]{43}$/);
    expect(server.stderr()).not.toContain(key);
  });
});

describe("a mail", () => {
  const NAME = `<b onclick="x('y')">&amp;</b>`;

  test("escapes the name in its HTML, and nowhere else; both kinds of mail", async () => {
    expect(NAME.length).toBeLessThanOrEqual(32);
    const server = await startServer();
    const escaped = "&lt;b onclick=&quot;x(&#39;y&#39;)&quot;&gt;&amp;amp;&lt;/b&gt;";
    const person = await asked(server, { name: NAME });
    const verify = await server.mails.waitFor(person.email);
    expect((await get(linksIn(verify)[0] ?? "")).status).toBe(201);
    await asked(server, { email: person.email, name: NAME.replace("x", "z") });
    const already = await server.mails.waitFor(person.email, (mail) => linksIn(mail).length === 0);
    expect(verify.html).toContain(escaped);
    expect(verify.text).toContain(NAME);
    for (const { html, subject } of [verify, already]) {
      expect(html).not.toMatch(/<b\b/);
      expect(html).toContain("&lt;b onclick=&quot;");
      expect(subject).not.toContain("onclick");
    }
  });

  test("comes from MAIL_FROM, its envelope from the bare address, to one recipient", async () => {
    const smtp = await smtpServer();
    const server = await startServer({
      SMTP_URL: smtp.url,
      MAIL_FROM: '"School, the" <chat@school.example>',
    });
    const person = await asked(server);
    await until("the mail", () => smtp.kept.length > 0);
    expect(smtp.kept).toMatchObject([
      {
        from: "chat@school.example",
        recipients: [person.email],
        header: '"School, the" <chat@school.example>',
      },
    ]);
  });

  test("once sent, leaves only a record of itself: no text, no HTML", async () => {
    const server = await startServer();
    const person = await asked(server);
    await server.mails.waitFor(person.email);
    await server.stop();
    expect(mailsOf(server)).toEqual([
      { recipient: person.email, state: "sent", attempts: 1, text: "", html: "", last_error: null },
    ]);
  });

  test("in production without SMTP_URL waits, its link is not in the log, and it goes out once there is one", async () => {
    const server = await startServer({ SMTP_URL: "", NODE_ENV: "production", BCRYPT_COST: "10" });
    const person = await asked(server);
    expect(await errSays(server, /mails wait in the queue/)).toContain("SMTP_URL");
    await pause(200);
    expect(server.stderr()).not.toMatch(/email_verify|example\.com/);
    expect((await get(`${gateA(server)}/dev/mail`)).status).toBe(404);
    expect((await get(`${gateA(server)}/`)).text).not.toContain("/dev/mail");
    await server.stop();
    await server.restart({ SMTP_URL: server.mails.url });
    expect((await get(await verificationLink(server, person.email))).status).toBe(201);
    expect((await login(server, person)).status).toBe(201);
    expect((await get(`${gateA(server)}/dev/mail`)).status).toBe(404);
  });
});
