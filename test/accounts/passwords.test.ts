import { beforeAll, describe, expect, test } from "@jest/globals";
import { failure } from "../support/answers.ts";
import type { Answer } from "../support/form.ts";
import { connectAs, dm, gateA, registerAll, uniqueName, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { enrol, login, rowsOf, seen } from "./accounts.ts";

describe("with BCRYPT_COST unset", () => {
  let server: Server;
  let a: Person, b: Person;
  beforeAll(async () => {
    server = await startServer({ BCRYPT_COST: "" });
    const [first, second] = await registerAll(server, "ann", "ben");
    if (!first || !second) throw new Error("two people");
    [a, b] = [first, second];
  });

  test("a flood of logins is turned away in part, with Retry-After, and chat goes on meanwhile", async () => {
    const [mine, theirs] = [await connectAs(gateA(server), a), await connectAs(gateA(server), b)];
    const answers: Answer[] = [];
    let turnAway = () => {};
    const turnedAway = new Promise<void>((resolve) => (turnAway = resolve));
    const attempt = async () => {
      const answer = await login(server, { email: a.email, password: "a wrong guess" });
      answers.push(answer);
      if (answer.status === 429) turnAway();
    };
    const flood = Promise.all(Array.from({ length: 200 }, attempt));
    await turnedAway;
    const contents = Array.from({ length: 20 }, (_, i) => `message ${i}`);
    const chat_id = dm(a, b);
    const replies: unknown[] = [];
    for (const content of contents) {
      mine.send("chat", { type: "send", chat_id, content });
      replies.push((await mine.next("chat", 2_000)).payload);
    }
    const answeredBefore = answers.length;
    const pushes: unknown[] = [];
    while (pushes.length < contents.length) pushes.push((await theirs.next("chat")).payload);
    await flood;

    expect(replies).toMatchObject(contents.map((content) => ({ content })));
    expect(pushes).toEqual(replies);
    expect(answeredBefore).toBeLessThan(200); // so it was meanwhile
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(200);
    for (const { body, headers } of refused) {
      expect(body).toEqual(failure(expect.stringMatching(/busy/)));
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    }
    const rest = answers.filter(({ status }) => status !== 429);
    for (const { status } of rest) expect([401, 503]).toContain(status); // 503: waited for too long
    expect((await login(server, a)).status).toBe(201);
  });

  test("what is stored is a bcrypt hash of cost 12, salted", async () => {
    await server.stop();
    const hashes = rowsOf(server, "auth", "SELECT password_hash FROM accounts").map((row) =>
      String(row["password_hash"]),
    );
    expect(hashes).toHaveLength(2);
    for (const hash of hashes) expect(hash).toMatch(/^\$2b\$12\$[./\w]{53}$/);
    expect(new Set(hashes).size).toBe(2); // of one password
  });
});

describe("with BCRYPT_COST=10", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer({ BCRYPT_COST: "10" });
  });

  test.each([
    ["one-byte characters", "p".repeat(72)],
    ["three-byte characters", "암".repeat(24)],
  ])("passwords of 100 bytes that differ after the 72nd are two passwords: %s", async (_what, start) => {
    const password = start + "x".repeat(28);
    expect(Buffer.byteLength(password)).toBe(100);
    const person = await enrol(server, { password });
    for (const wrong of [start + "y".repeat(28), start, start + "x".repeat(27)])
      expect((await login(server, { ...person, password: wrong })).status).toBe(401);
    expect((await login(server, person)).status).toBe(201);
  });

  test("an unknown e-mail and a wrong password cannot be told apart, not by the time either", async () => {
    const known = await enrol(server);
    const attempts = {
      unknown: { email: `${uniqueName()}@example.com`, password: "a wrong guess" },
      wrong: { email: known.email, password: "a wrong guess" },
    };
    const measure = async (what: keyof typeof attempts) => {
      const begun = performance.now();
      const answer = await login(server, attempts[what]);
      return { answer, ms: performance.now() - begun };
    };
    const runs: Record<keyof typeof attempts, { answer: Answer; ms: number }[]> = { unknown: [], wrong: [] };
    for (let i = 0; i < 17; i++)
      for (const what of ["unknown", "wrong"] as const) runs[what].push(await measure(what));
    const [first] = runs.wrong.map(({ answer }) => seen(answer));
    expect(first?.status).toBe(401);
    for (const run of [...runs.unknown, ...runs.wrong]) expect(seen(run.answer)).toEqual(first);
    const median = (list: { ms: number }[]) => list.map(({ ms }) => ms).toSorted((x, y) => x - y)[8] ?? 0;
    const ratio = median(runs.unknown) / median(runs.wrong);
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
    expect(median(runs.unknown)).toBeGreaterThan(15); // a hash was made
  });
});
