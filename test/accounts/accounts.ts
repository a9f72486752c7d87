import { mkdtemp, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { get, postForm, type Answer } from "../support/form.ts";
import { launchNpm } from "../support/launch.ts";
import { gateA, PASSWORD, uniqueName, verificationLink } from "../support/people.ts";
import type { Server } from "../support/server.ts";

export type Applicant = { name: string; email: string; password: string };
type Headers = Record<string, string>;

export const applicant = (changes: Partial<Applicant> = {}): Applicant => {
  const name = uniqueName();
  return { name, email: `${name}@example.com`, password: PASSWORD, ...changes };
};
export const apply = (server: Server, person: Applicant, headers?: Headers): Promise<Answer> =>
  postForm(`${gateA(server)}/api/v1/auth/register`, person, headers);
export const login = (
  server: Server,
  { email, password }: Pick<Applicant, "email" | "password">,
  headers?: Headers,
): Promise<Answer> => postForm(`${gateA(server)}/api/v1/auth/login`, { email, password }, headers);
export const tokenOf = (answer: Answer): string => {
  const token = answer.body?.payload.token;
  if (token === undefined) throw new Error(`no token: ${answer.status} ${answer.text}`);
  return token;
};

/** Registers and follows the link. */
export const enrol = async (server: Server, changes: Partial<Applicant> = {}): Promise<Applicant> => {
  const person = applicant(changes);
  const asked = await apply(server, person);
  if (asked.status !== 201) throw new Error(`register: ${asked.status} ${asked.text}`);
  const verified = await get(await verificationLink(server, person.email));
  if (verified.status !== 201) throw new Error(`verify: ${verified.status} ${verified.text}`);
  return person;
};

/** The values of these differ from one answer to the next: the time, a random name, a countdown. */
const CHANGING = ["date", "x-request-id", "retry-after"];
/** All that a client can see of an answer. */
export const seen = ({ status, text, headers }: Answer) => {
  const visible = [...headers].map(([name, value]) => [name, CHANGING.includes(name) ? "" : value]);
  return { status, text, headers: visible };
};

type Raw = { method?: string; headers?: Headers; body?: string };
/** A request with headers that `fetch` keeps for itself, such as Host. */
export const rawRequest = (
  url: string,
  { method = "GET", headers, body }: Raw = {},
): Promise<{ status: number; headers: Record<string, string | string[] | undefined>; text: string }> =>
  new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    request.once("error", reject).end(body);
  });

export const keyOf = (link: string): string => link.slice(link.lastIndexOf("/") + 1);

type Row = Record<string, string | number | null>;
export type Service = "auth" | "users" | "mailer" | "chat";
/** A service's store, while the server does not run. Ids are too long for numbers: cast them to text. */
export const openStopped = <T>(server: Server, service: Service, work: (db: DatabaseSync) => T): T => {
  const db = new DatabaseSync(join(server.dataDir, `${service}.sqlite`));
  try {
    return work(db);
  } finally {
    db.close();
  }
};
export const rowsOf = (server: Server, service: Service, sql: string, ...values: (string | number)[]) =>
  openStopped(server, service, (db) => db.prepare(sql).all(...values) as Row[]);
/** Changes exactly one row. */
export const change = (server: Server, service: Service, sql: string, ...values: (string | number)[]) => {
  const { changes } = openStopped(server, service, (db) => db.prepare(sql).run(...values));
  if (changes !== 1) throw new Error(`${changes} rows were changed by ${sql}`);
};

/** What is written to stderr, as it comes. */
export const errSays = async (server: Server, pattern: RegExp, ms = 5_000): Promise<string> => {
  const deadline = performance.now() + ms;
  for (;;) {
    const line = server
      .stderr()
      .split("\n")
      .find((it) => pattern.test(it));
    if (line !== undefined) return line;
    if (performance.now() > deadline)
      throw new Error(`stderr did not say ${pattern} within ${ms} ms:\n${server.stderr().slice(-3_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject).listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

const LONGEST_START_MS = 15_000;
/** A start that ends by itself; where it succeeds or takes too long, it is killed, and `code` is null. */
export const failingStart = async (env: Record<string, string>) => {
  const dataDir = await mkdtemp(join(tmpdir(), "rewind-test-"));
  const settings = { DATA_DIR: dataDir, PORT: String(await freePort()), BCRYPT_COST: "4", ...env };
  const launched = launchNpm(["start"], settings);
  const ended = launched.says(/^ready /m, LONGEST_START_MS).then(
    () => launched.signal(-launched.group, "SIGKILL"),
    () => launched.signal(-launched.group, "SIGKILL"), // nothing is there, where it ended by itself
  );
  const { code } = await launched.exited;
  await ended;
  await rm(dataDir, { recursive: true, force: true });
  const lines = launched.stderr().trim().split("\n");
  return { code, lines, stdout: launched.stdout(), stderr: launched.stderr() };
};

/** The queue of mails, while the server does not run. */
export const mailsOf = (server: Server) =>
  rowsOf(
    server,
    "mailer",
    "SELECT recipient, state, attempts, text, html, last_error FROM mails ORDER BY created_at, id",
  );

/** Asks for an account. */
export const asked = async (server: Server, changes: Partial<Applicant> = {}): Promise<Applicant> => {
  const person = applicant(changes);
  const { status, text } = await apply(server, person);
  if (status !== 201) throw new Error(`register: ${status} ${text}`);
  return person;
};
