import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { startMariadb } from "../../scripts/servers/mariadb.ts";
import { startNats } from "../../scripts/servers/nats.ts";
import type { Running } from "../../scripts/servers/process.ts";
import { failure } from "../support/answers.ts";
import type { Client, Frame } from "../support/client.ts";
import { clusterOf, until } from "../support/cluster.ts";
import { get, postForm, type Answer } from "../support/form.ts";
import { befriend, connectAs, dm, gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { atEnd, startServer, type Server } from "../support/server.ts";

const OUTAGE_MS = 8_000;
const ANSWERED_WITHIN_MS = 5_000;
const BACK_WITHIN_MS = 5_000;
/** Passwords queue, so that a login may take its time; but no longer than any request over HTTP. */
const LOGIN_WITHIN_MS = 20_000;

/** A server of ours that others stand on: it can hang, and be killed and come back where it was. */
const fallible = async (start: (port?: number) => Promise<Running>) => {
  let running = await start();
  const { url, port } = running;
  const signal = (name: NodeJS.Signals) => {
    if (running.pid === 0)
      throw new Error("the server's program is needed on PATH: a container takes no signal");
    process.kill(running.pid, name);
  };
  atEnd(() => running.stop("SIGKILL"));
  return {
    url,
    hang: async () => signal("SIGSTOP"),
    goOn: async () => signal("SIGCONT"),
    kill: () => running.stop("SIGKILL"),
    comeBack: async () => void (running = await start(port)),
  };
};
type Fallible = Awaited<ReturnType<typeof fallible>>;

let nats: Fallible, mariadb: Fallible;
let server: Server;
let a: Person, b: Person, c: Person;
let mine: Client, theirs: Client, other: Client;
let pids: string[];
const pidsNow = () =>
  clusterOf(server)
    .processes()
    .map(({ name, pid }) => `${name} ${pid}`)
    .toSorted();

beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), "rewind-outage-"));
  atEnd(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const password = "the-administrator-s";
  [nats, mariadb] = await Promise.all([
    fallible((port) => startNats({ port, dir: join(dir, "nats"), dieWithParent: true })),
    fallible((port) =>
      startMariadb({ port, dir: join(dir, "mariadb"), password, durable: true, dieWithParent: true }),
    ),
  ]);
  server = await startServer({ NATS_URL: nats.url, MYSQL_URL: mariadb.url }, "cluster");
  const [first, second, third] = await registerAll(server, "ann", "ben", "cy");
  if (!first || !second || !third) throw new Error("three people");
  [a, b, c] = [first, second, third];
  pids = pidsNow();
});
const isReady = async () => {
  const states = await Promise.all(server.urls.map((url) => get(`${url}/readyz`)));
  return states.every(({ status }) => status === 200);
};
beforeEach(async () => {
  await until("everything is ready", isReady);
  [mine, theirs, other] = [
    await connectAs(gateA(server), a),
    await connectAs(gateB(server), b),
    await connectAs(gateB(server), c),
  ];
});
afterEach(() => Promise.all([mine, theirs, other].map((client) => client.close())));

const within = async <T>(what: string, work: Promise<T>, limit = ANSWERED_WITHIN_MS): Promise<T> => {
  const begun = performance.now();
  const result = await work;
  const ms = performance.now() - begun;
  process.stderr.write(`outage: ${what} after ${ms.toFixed(0)} ms\n`);
  expect([what, ms < limit]).toEqual([what, true]);
  return result;
};
let sent = 0;
const send = (client: Client, chat_id = dm(a, b)): Promise<Frame> => {
  const content = `message ${++sent}`;
  client.send("chat", { type: "send", chat_id, content });
  const answers = (frame: Frame) =>
    frame.type === "error" || (frame.type === "chat" && frame.payload.content === content);
  return client.next(answers, 2 * ANSWERED_WITHIN_MS);
};
const login = (url: string): Promise<Answer> =>
  postForm(`${url}/api/v1/auth/login`, { email: a.email, password: a.password });
/** A clear word: it was not done, try again; or, of a write that may have run, that this is not known. */
const clear = (code: number, reason: RegExp) => ({
  type: "error",
  payload: { code, reason: expect.stringMatching(reason) },
});
const NOT_DONE = clear(5003, /unavailable; nothing was changed, try again/);
const UNKNOWN = clear(5000, /unknown whether anything was changed/);
const isNotDone = ({ type, payload }: Frame) => type === "error" && payload.code === 5003;

/** What a client meets while a part is away: a clear answer, in time, on a socket that stays. */
const expectClearFailures = async (): Promise<{ loggedIn: Promise<Answer> }> => {
  const loggedIn = within("a login is answered", login(gateA(server)), LOGIN_WITHIN_MS);
  const answers = await Promise.all([
    within("a send is answered", send(mine)),
    within("a second one is", send(theirs)),
    within("a change between friends is", other.ask("mutual_users", { type: "request", name: a.name })),
  ]);
  for (const answer of answers) expect(answer).toEqual(isNotDone(answer) ? NOT_DONE : UNKNOWN);
  await within("a heartbeat is", mine.ask("heartbeat", 1));
  for (const client of [mine, theirs, other]) expect(client.isOpen).toBe(true);
  return { loggedIn };
};

/** Everything works again, with the sockets and the processes there were. */
const expectAllWorks = async () => {
  const begun = performance.now();
  const isSent = async () => (await send(mine)).type === "chat";
  await until("a message is sent", isSent, BACK_WITHIN_MS);
  process.stderr.write(
    `outage: a message is sent ${(performance.now() - begun).toFixed(0)} ms after its end\n`,
  );
  await until("another's is", async () => (await send(theirs)).type === "chat", BACK_WITHIN_MS);
  await until("a login works", async () => (await login(gateB(server))).status === 201, BACK_WITHIN_MS);
  expect(performance.now() - begun).toBeLessThan(BACK_WITHIN_MS);

  for (const [from, to] of [
    [mine, theirs],
    [theirs, mine],
  ] as const) {
    const { payload } = await send(from);
    const isIt = (frame: Frame) => JSON.stringify(frame.payload) === JSON.stringify(payload);
    await to.next(isIt, BACK_WITHIN_MS); // a push, over gateways
  }
  const [x, y] = await registerAll(server, "x", "y");
  if (!x || !y) throw new Error("two people");
  const [xs, ys] = [await connectAs(gateA(server), x), await connectAs(gateB(server), y)];
  await befriend(xs, x.name, ys, y.name);
  await Promise.all([xs.close(), ys.close()]);
  for (const client of [mine, theirs, other]) expect(client.isOpen).toBe(true);
  expect(pidsNow()).toEqual(pids);
};

const parts: [string, () => Fallible][] = [
  ["NATS", () => nats],
  ["MariaDB", () => mariadb],
];
/** Takes a part away for a while. */
const outage = async (begin: () => Promise<unknown>, end: () => Promise<unknown>) => {
  const over = pause(OUTAGE_MS);
  await begin();
  let loggedIn: Promise<Answer>;
  try {
    ({ loggedIn } = await expectClearFailures());
    await over;
  } finally {
    await end();
  }
  const { status, body } = await loggedIn; // what has waited for so long may have succeeded
  if (status !== 201) expect([status, body]).toEqual([expect.any(Number), failure()]);
};

describe.each(parts)("%s", (_, part) => {
  test("hangs for a while: sockets stay, answers are clear and in time, then all works again", async () => {
    await outage(part().hang, part().goOn);
    await expectAllWorks();
  });

  test("is killed and away for a while: the same", async () => {
    await outage(part().kill, part().comeBack);
    await expectAllWorks();
  });
});

test("NATS that is known to be away did nothing: what is sent meanwhile is not unknown", async () => {
  await nats.kill();
  try {
    await pause(500);
    expect(await within("a send is answered", send(mine))).toEqual(NOT_DONE);
  } finally {
    await nats.comeBack();
  }
  await expectAllWorks();
});

test("NATS that is restarted is not noticed by who sends meanwhile", async () => {
  await nats.kill();
  const answers = [send(mine), send(theirs)];
  await pause(200);
  await nats.comeBack();
  for (const answer of await Promise.all(answers)) expect(answer.type).toBe("chat");
  await expectAllWorks();
});
