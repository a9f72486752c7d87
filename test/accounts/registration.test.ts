import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { failure } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { get, type Answer } from "../support/form.ts";
import { gateA, linksIn, signIn, uniqueName, verificationLink } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import {
  applicant,
  apply,
  change,
  enrol,
  keyOf,
  login,
  openStopped,
  rowsOf,
  seen,
  tokenOf,
  type Applicant,
} from "./accounts.ts";

const EXPIRED = failure("The session has expired or does not exist.");
type Asked = Applicant & { link: string };

const ask = async (server: Server, changes: Partial<Applicant> = {}): Promise<Asked> => {
  const person = applicant(changes);
  expect((await apply(server, person)).status).toBe(201);
  return { ...person, link: await verificationLink(server, person.email) };
};
/** As a crash leaves it between "the key was seen" and "the user was made". */
const claim = (server: Server, { email }: Applicant) =>
  change(server, "auth", "UPDATE pending SET claimed_at = ? WHERE email = ?", Date.now(), email);
/** As a crash leaves it between "the user was made" and "the account was made". */
const makeUser = (server: Server, { email, name }: Applicant): string => {
  const sql = "SELECT CAST(id AS TEXT) AS id, name_key FROM pending WHERE email = ?";
  const [row] = rowsOf(server, "auth", sql, email);
  const id = String(row?.["id"]);
  const values = [BigInt(id), name, String(row?.["name_key"]), Date.now()];
  openStopped(server, "users", (db) =>
    db.prepare("INSERT INTO users (id, name, name_key, created_at) VALUES (?, ?, ?, ?)").run(...values),
  );
  return id;
};
const selfOf = async (server: Server, person: Applicant) => {
  const client = await Client.connect(gateA(server));
  const { payload } = await signIn(client, tokenOf(await login(server, person)));
  await client.close();
  return payload.self_user;
};

describe.each([
  ["the key was seen, no user made", false],
  ["the user was made, the account was not", true],
])("a crash in the middle of a verification, where %s", (_when, withUser) => {
  let server: Server;
  let follower: Asked, sameName: Asked, sameEmail: Asked, idle: Asked;
  const ids = new Map<Asked, string>();
  beforeAll(async () => {
    server = await startServer();
    [follower, sameName, sameEmail, idle] = [
      await ask(server),
      await ask(server, { name: uniqueName("Same") }),
      await ask(server),
      await ask(server),
    ];
    await server.stop();
    for (const person of [follower, sameName, sameEmail, idle]) {
      claim(server, person);
      if (withUser) ids.set(person, makeUser(server, person));
    }
    await server.restart();
  });

  test("there is no account yet", async () => {
    expect((await login(server, idle)).status).toBe(401);
  });

  test("the link finishes it, once", async () => {
    expect((await get(follower.link)).status).toBe(201);
    const self = await selfOf(server, follower);
    expect(self.name).toBe(follower.name);
    if (withUser) expect(self.id).toBe(ids.get(follower));
    const again = await get(follower.link);
    expect([again.status, again.body]).toEqual([404, EXPIRED]);
  });

  test("a rival for the name is told that it is taken, and the first one can log in", async () => {
    const rival = applicant({ name: sameName.name.toUpperCase(), email: `${uniqueName()}@example.com` });
    const answer = await apply(server, rival);
    expect([answer.status, answer.body]).toEqual([400, failure("name: already taken.")]);
    expect((await selfOf(server, sameName)).name).toBe(sameName.name);
    expect((await login(server, rival)).status).toBe(401);
    expect((await get(sameName.link)).status).toBe(404);
  });

  test("a rival with the e-mail hears nothing of it, the owner gets a mail, and the first one can log in", async () => {
    const rival = applicant({ email: sameEmail.email, password: "another password" });
    const answer = await apply(server, rival);
    const ordinary = await apply(server, applicant());
    expect(seen(answer)).toEqual(seen(ordinary));
    const mail = await server.mails.waitFor(sameEmail.email, ({ subject }) => /already have/.test(subject));
    expect(linksIn(mail)).toEqual([]);
    expect((await selfOf(server, sameEmail)).name).toBe(sameEmail.name);
    expect((await login(server, rival)).status).toBe(401);
  });

  test("each is one account in the end, under the id that was allotted, and nothing waits but the idle one", async () => {
    await server.stop();
    const people = [follower, sameName, sameEmail];
    const accounts = rowsOf(server, "auth", "SELECT CAST(id AS TEXT) AS id, email FROM accounts ORDER BY id");
    const users = rowsOf(server, "users", "SELECT CAST(id AS TEXT) AS id, name FROM users ORDER BY id");
    expect(accounts.map((row) => row["email"])).toEqual(people.map(({ email }) => email));
    const known = withUser ? [...people, idle] : people;
    expect(users.map((row) => row["name"])).toEqual(known.map(({ name }) => name));
    expect(users.slice(0, 3).map((row) => row["id"])).toEqual(accounts.map((row) => row["id"]));
    const waiting = rowsOf(server, "auth", "SELECT email FROM pending WHERE claimed_at IS NOT NULL");
    expect(waiting).toEqual([{ email: idle.email }]);
  });
});

describe("a request for an account", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  const accountsOf = async (people: Applicant[]) => {
    const answers = await Promise.all(people.map((person) => login(server, person)));
    return answers.filter(({ status }) => status === 201).length;
  };
  const ROUNDS = 12;

  test("two people who ask for one name at once, and follow their links at once: exactly one account", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const name = uniqueName();
      const people = ["a", "b"].map((who) => applicant({ name, email: `${who}-${name}@example.com` }));
      const asked = await Promise.all(people.map((person) => apply(server, person)));
      expect(asked.map(({ status }) => status)).toEqual([201, 201]); // neither has it yet
      const links = await Promise.all(people.map(({ email }) => verificationLink(server, email)));
      const verified = await Promise.all(links.map((link) => get(link)));
      expect(verified.map(({ status }) => status).toSorted()).toEqual([201, 404]);
      expect(await accountsOf(people)).toBe(1);
    }
  });

  test("one who follows a link while another asks for the name: exactly one account", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const first = await ask(server);
      const second = applicant({ name: first.name, email: `b-${first.name}@example.com` });
      let followed: Answer | undefined;
      const answers = await Promise.all([
        apply(server, second),
        new Promise((resolve) => setTimeout(resolve, round % 4)).then(
          async () => (followed = await get(first.link)),
        ),
      ]);
      const [asked] = answers;
      expect([201, 400, 429]).toContain(asked.status);
      if (asked.status === 201) {
        const late = await get(await verificationLink(server, second.email));
        expect(late.status).not.toBe(followed?.status);
      } else expect(followed?.status).toBe(201);
      expect(await accountsOf([first, second])).toBe(1);
    }
  });

  test("one who follows a link while another asks with the e-mail: exactly one account", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const first = await ask(server);
      const second = applicant({ email: first.email, password: "the second password" });
      const [followed, asked] = await Promise.all([get(first.link), apply(server, second)]);
      expect([201, 429]).toContain(asked.status);
      if (followed.status !== 201) {
        expect([followed.status, asked.status]).toEqual([404, 201]); // the second one replaced it in time
        expect((await get(await verificationLink(server, first.email, [first.link]))).status).toBe(201);
      }
      expect(await accountsOf([first, second])).toBe(1);
    }
  });

  test("replaces every one that shares its name or its e-mail", async () => {
    const byName = await ask(server);
    const byEmail = await ask(server);
    const fresh = applicant({ name: byName.name, email: byEmail.email, password: "the third password" });
    expect((await apply(server, fresh)).status).toBe(201);
    const link = await verificationLink(server, fresh.email, [byEmail.link]);
    for (const old of [byName, byEmail]) {
      const answer = await get(old.link);
      expect([answer.status, answer.body]).toEqual([404, EXPIRED]);
    }
    expect((await get(link)).status).toBe(201);
    expect((await login(server, fresh)).status).toBe(201);
    for (const old of [byName, byEmail]) expect((await login(server, old)).status).toBe(401);
  });

  test("its key is in no file, its digest is; it lives for a day, and once it has expired it is worth nothing", async () => {
    const person = await ask(server);
    const punctual = await ask(server);
    await server.stop();
    const files = readdirSync(server.dataDir, { recursive: true, withFileTypes: true }).filter((it) =>
      it.isFile(),
    );
    const holders = (text: string) =>
      files
        .filter(({ parentPath, name }) => readFileSync(join(parentPath, name)).includes(text))
        .map(({ name }) => name);
    const key = keyOf(person.link);
    expect(key).toMatch(/^[\w-]{43}$/);
    expect(holders(key)).toEqual([]);
    expect(holders(person.password)).toEqual([]);
    expect(holders(createHash("sha256").update(key).digest("hex"))).toContain("auth.sqlite");
    expect(holders(person.email)).toContain("auth.sqlite");

    const rows = rowsOf(server, "auth", "SELECT expires_at FROM pending WHERE email = ?", person.email);
    const hours = (Number(rows[0]?.["expires_at"]) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThanOrEqual(24);
    const sql = "UPDATE pending SET expires_at = ? WHERE email = ?";
    change(server, "auth", sql, Date.now() - 1, person.email);
    change(server, "auth", sql, Date.now() + 60_000, punctual.email);
    await server.restart();
    const late = await get(person.link);
    expect([late.status, late.body]).toEqual([404, EXPIRED]);
    expect((await login(server, person)).status).toBe(401);
    expect((await get(punctual.link)).status).toBe(201);
    expect((await apply(server, person)).status).toBe(201);
    const anew = await verificationLink(server, person.email, [person.link]);
    expect((await get(anew)).status).toBe(201);
    expect((await login(server, person)).status).toBe(201);
  });

  test("ALLOWED_EMAIL_DOMAINS asks who comes new, and nobody who was here before", async () => {
    const member = await enrol(server);
    const waiting = await ask(server);
    await server.stop();
    await server.restart({ ALLOWED_EMAIL_DOMAINS: " School.Example ,other.example," });
    expect((await login(server, member)).status).toBe(201);
    expect((await get(waiting.link)).status).toBe(201);
    const refused = await apply(server, applicant());
    expect([refused.status, refused.body]).toEqual([
      400,
      failure(expect.stringMatching(/^email: .*school\.example or other\.example/)),
    ]);
    for (const domain of ["school.example", "Other.Example"]) {
      const person = applicant({ email: `${uniqueName()}@${domain}` });
      expect((await apply(server, person)).status).toBe(201);
      expect((await get(await verificationLink(server, person.email.toLowerCase()))).status).toBe(201);
      expect((await login(server, person)).status).toBe(201);
    }
  });
});
