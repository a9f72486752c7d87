import { beforeAll, describe, expect, test } from "@jest/globals";
import { failure } from "../support/answers.ts";
import type { Answer } from "../support/form.ts";
import { uniqueName } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { applicant, apply, enrol, login, seen } from "./accounts.ts";

const TRIES = 10;
const THROTTLED = failure("too many attempts, try again later.");
type Headers = Record<string, string>;
let server: Server;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT: "on" });
});

const statuses = (answers: Answer[]) => answers.map(({ status }) => status);
const times = (count: number, status: number) => Array.from({ length: count }, () => status);
const guess = async (at: Server, email: string, count: number, headers?: (i: number) => Headers) => {
  const answers: Answer[] = [];
  for (let i = 0; i < count; i++)
    answers.push(await login(at, { email, password: "a wrong guess" }, headers?.(i)));
  return answers;
};
const expectThrottled = (answer: Answer | undefined, withinSeconds: number) => {
  expect([answer?.status, answer?.body]).toEqual([429, THROTTLED]);
  const wait = answer?.headers.get("retry-after");
  expect(wait).toMatch(/^[1-9]\d*$/);
  expect(Number(wait)).toBeLessThanOrEqual(withinSeconds);
};
const forwardedFor = (address: string): Headers => ({ "x-forwarded-for": address });

describe("login", () => {
  test("the 11th wrong guess at one account is turned away, and then the right password too", async () => {
    const person = await enrol(server);
    const other = await enrol(server);
    const answers = await guess(server, person.email, TRIES + 1);
    expect(statuses(answers.slice(0, TRIES))).toEqual(times(TRIES, 401));
    expectThrottled(answers[TRIES], 15 * 60);
    expectThrottled(await login(server, person), 15 * 60);
    expectThrottled(await login(server, { ...person, email: person.email.toUpperCase() }), 15 * 60);
    expect((await login(server, other)).status).toBe(201);
  });

  test("an unknown e-mail is turned away alike", async () => {
    const answers = await guess(server, `${uniqueName()}@example.com`, TRIES + 1);
    expect(statuses(answers.slice(0, TRIES))).toEqual(times(TRIES, 401));
    expectThrottled(answers[TRIES], 15 * 60);
  });

  test("a right login gives the tries back", async () => {
    const person = await enrol(server);
    expect(statuses(await guess(server, person.email, TRIES - 1))).toEqual(times(TRIES - 1, 401));
    expect((await login(server, person)).status).toBe(201);
    expect(statuses(await guess(server, person.email, TRIES + 1))).toEqual([...times(TRIES, 401), 429]);
  });

  test("without TRUST_PROXY X-Forwarded-For is not believed", async () => {
    const answers = await guess(server, (await enrol(server)).email, TRIES + 1, (i) =>
      forwardedFor(`203.0.113.${i}`),
    );
    expect(statuses(answers)).toEqual([...times(TRIES, 401), 429]);
  });
});

describe("login with TRUST_PROXY=loopback", () => {
  let proxied: Server;
  beforeAll(async () => {
    proxied = await startServer({ RATE_LIMIT: "on", TRUST_PROXY: "loopback" });
  });

  test("X-Forwarded-For is who asks: another address is not hit", async () => {
    const person = await enrol(proxied);
    const answers = await guess(proxied, person.email, TRIES + 1, () => forwardedFor("203.0.113.1"));
    expect(statuses(answers)).toEqual([...times(TRIES, 401), 429]);
    expect((await login(proxied, person, forwardedFor("203.0.113.1"))).status).toBe(429);
    expect((await login(proxied, person, forwardedFor("203.0.113.2"))).status).toBe(201);
    expect((await login(proxied, person)).status).toBe(201);
  });

  test("what a client puts before its address is not believed", async () => {
    const { email } = await enrol(proxied);
    const answers = await guess(proxied, email, TRIES + 1, (i) =>
      forwardedFor(`198.51.100.${i}, 203.0.113.9`),
    );
    expect(statuses(answers)).toEqual([...times(TRIES, 401), 429]);
  });

  test("one account is guessed at 50 times an hour from however many addresses", async () => {
    const person = await enrol(proxied);
    const answers = await guess(proxied, person.email, 51, (i) => forwardedFor(`192.0.2.${i}`));
    expect(statuses(answers.slice(0, 50))).toEqual(times(50, 401));
    expectThrottled(answers[50], 3_600);
  });
});

describe("register", () => {
  test("the 11th time with one e-mail is turned away, whether it is registered or not", async () => {
    const registered = await enrol(server); // its first time
    const free = applicant();
    expect((await apply(server, free)).status).toBe(201);
    const again = async (email: string) => {
      const answers: Answer[] = [];
      for (let i = 1; i <= TRIES; i++) answers.push(await apply(server, applicant({ email })));
      return answers;
    };
    const [known, unknown] = [await again(registered.email), await again(free.email)];
    expect(statuses(known)).toEqual([...times(TRIES - 1, 201), 429]);
    expectThrottled(known.at(-1), 3_600);
    expectThrottled(unknown.at(-1), 3_600);
    expect(known.map(seen)).toEqual(unknown.map(seen));
    expect((await apply(server, applicant({ email: registered.email.toUpperCase() }))).status).toBe(429);
    expect((await apply(server, applicant())).status).toBe(201);
  });
});
