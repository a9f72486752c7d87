import { beforeAll, describe, expect, test } from "@jest/globals";
import { error } from "../support/answers.ts";
import { Client, type Chat } from "../support/client.ts";
import { get, postForm } from "../support/form.ts";
import { loadAll } from "../support/history.ts";
import {
  befriend,
  connectAs,
  dm,
  gateA,
  gateB,
  PASSWORD,
  register,
  registerAll,
  signIn,
  uniqueName,
  verificationLink,
  type Person,
} from "../support/people.ts";
import { residentMib } from "../support/proc.ts";
import { startServer, type Server } from "../support/server.ts";

let server: Server;
let startMs: number;
beforeAll(async () => {
  const begun = performance.now();
  server = await startServer();
  startMs = performance.now() - begun;
});
/** A test before may have left it stopped. */
const serving = async () => {
  if (!server.isRunning) await server.restart();
};
const say = (text: string) => void process.stderr.write(`lifecycle: ${text}\n`);
const login = ({ email, password }: Person) =>
  postForm(`${gateA(server)}/api/v1/auth/login`, { email, password });

describe("start", () => {
  test("takes no longer than it may", () => {
    say(`ready after ${(startMs / 1000).toFixed(2)} s`);
    expect(startMs).toBeLessThan(server.limits.startMs);
  });

  test("stdout is the one line `ready http://HOST:PORT`, a URL a gateway, and there it serves", async () => {
    expect(server.stdout()).toMatch(/^ready( http:\/\/[^\s/]+:\d+)+\n$/);
    expect(server.stdout()).toBe(`ready ${server.urls.join(" ")}\n`);
    for (const url of server.urls) expect((await get(`${url}/login`)).status).toBe(200);
  });

  test("idle memory stays under 150 MiB a process", () => {
    const used = server.pids().map(residentMib);
    say(`idle at ${used.map((mib) => mib.toFixed(0)).join(" + ")} MiB`);
    expect(Math.min(...used)).toBeGreaterThan(10);
    expect(Math.max(...used)).toBeLessThan(150);
  });

  test("stdout is still that one line after work, and after SIGTERM: exit code 0 in time", async () => {
    const person = await register(server);
    const client = await connectAs(gateB(server), person);
    await client.ask("nonsense");
    const { code, signal, ms } = await server.stop();
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(ms).toBeLessThan(server.limits.stopMs);
    expect(server.stdout().trim().split("\n")).toHaveLength(1);
    await client.closed;
  });
});

describe("SIGTERM while requests are under way", () => {
  test("they are answered, then exit code 0 in time; what was answered is there after the next start", async () => {
    if (server.isRunning) await server.stop();
    await server.restart({ BCRYPT_COST: "11" });
    const [a, b] = await registerAll(server, "ann", "ben");
    if (!a || !b) throw new Error("two people");
    const [mine, theirs] = [await connectAs(gateA(server), a), await connectAs(gateB(server), b)];
    const chat_id = dm(a, b);

    const logins = Array.from({ length: 6 }, () => login(a));
    const contents = Array.from({ length: 30 }, (_, i) => `message ${i}`);
    await Promise.race(logins);
    for (const content of contents) mine.send("chat", { type: "send", chat_id, content });
    const first = await mine.next("chat");
    const stopped = server.stop();
    expect((await Promise.all(logins)).map(({ status }) => status)).toEqual(logins.map(() => 201));
    const answered = [first.payload];
    while (answered.length < contents.length) answered.push((await mine.next("chat")).payload);
    const { code, signal, ms } = await stopped;
    say(`stopped in ${ms.toFixed(0)} ms`);
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(ms).toBeLessThan(server.limits.stopMs);
    await Promise.all([mine.closed, theirs.closed]);

    await server.restart();
    const again = await connectAs(gateA(server), a);
    expect(await loadAll(again, chat_id)).toEqual(answered);
    expect(answered.map(({ content }) => content)).toEqual(contents);
  }, 80_000);
});

describe("restarted", () => {
  test("every account, friendship, request, profile and message is there", async () => {
    await serving();
    const [a, b, c] = await registerAll(server, "ann", "ben", "cy");
    if (!a || !b || !c) throw new Error("three people");
    const clients = await Promise.all([a, b, c].map((person) => connectAs(gateA(server), person)));
    const [as, bs, cs] = clients;
    if (!as || !bs || !cs) throw new Error("three sockets");
    await befriend(as, a.name, bs, b.name);
    await cs.ask("mutual_users", { type: "request", name: a.name });
    const profile = "https://example.com/b.png";
    await bs.ask("user", { profile });
    const chat_id = dm(a, b);
    const sent: Chat[] = [];
    for (const content of ["one", "two", "three"]) {
      as.send("chat", { type: "send", chat_id, content });
      sent.push((await as.next("chat")).payload);
    }
    for (const [i, content] of [
      [0, "first"],
      [1, ""],
    ] as const) {
      as.send("chat", { type: "edit", chat_id, id: sent[i]?.id, content });
      await as.next("chat");
    }
    const pending = { name: uniqueName(), email: `${uniqueName()}@example.com`, password: PASSWORD };
    await postForm(`${gateA(server)}/api/v1/auth/register`, pending);
    const link = await verificationLink(server, pending.email);

    expect((await server.stop()).code).toBe(0);
    await server.restart();

    expect((await get(link)).status).toBe(201);
    for (const person of [a, b, c]) expect((await login(person)).status).toBe(201);
    const client = await Client.connect(gateA(server));
    const { payload } = await signIn(client, a.token); // a token outlives a restart
    const user = ({ id, name }: Person, picture: string | null = null) => ({ id, name, profile: picture });
    expect(payload).toEqual({
      self_user: user(a),
      mutual_users: [user(b, profile)],
      mutual_requests: [user(c)],
    });
    expect(await loadAll(client, chat_id)).toEqual([{ ...sent[0], content: "first" }, sent[2]]);
    const edit = { type: "edit", chat_id, id: sent[1]?.id, content: "back" };
    expect(await client.ask("chat", edit)).toEqual(error(4004));
  }, 80_000);
});

describe("kill -9 in the middle of sending", () => {
  /** Sends for as long as the socket lives, `window` messages in flight; keeps what was acknowledged. */
  const sender = async (client: Client, me: Person, chat_id: string, window: number, onAck: () => void) => {
    const acked: Chat[] = [];
    let sent = 0;
    const another = () => client.send("chat", { type: "send", chat_id, content: `${me.name} ${sent++}` });
    for (let i = 0; i < window; i++) another();
    const mine = (payload: Chat) => payload.user_id === me.id;
    try {
      for (;;) {
        const { payload } = await client.next("chat");
        if (!mine(payload)) continue;
        acked.push(payload);
        onAck();
        if (client.isOpen) another();
      }
    } catch {
      return acked; // the socket is closed
    }
  };

  test("after a restart every acknowledged message is there exactly once and in order", async () => {
    await serving();
    const people = await registerAll(server, "ann", "ben", "cy", "dee");
    const [a, b, c, d] = people;
    if (!a || !b || !c || !d) throw new Error("four people");
    const pairs: [Person, Person][] = [
      [a, b],
      [b, a],
      [c, d],
      [d, a],
    ];
    const clients = await Promise.all(
      pairs.map(([me], i) => connectAs(i % 2 ? gateB(server) : gateA(server), me)),
    );
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    let acks = 0;
    const onAck = () => void (++acks === 600 && resolve());
    const running = pairs.map(([me, peer], i) => sender(clients[i] as Client, me, dm(me, peer), 8, onAck));
    await enough;
    await server.kill();
    const ackedBy = await Promise.all(running);
    say(`killed after ${ackedBy.map((acked) => acked.length).join(" + ")} acknowledged messages`);
    await server.restart();

    for (const [i, [me, peer]] of pairs.entries()) {
      const acked = ackedBy[i] ?? [];
      expect(acked.length).toBeGreaterThan(20);
      const stored = await loadAll(await connectAs(gateA(server), me), dm(me, peer));
      const mine = stored.filter(({ user_id }) => user_id === me.id);
      expect(mine.slice(0, acked.length)).toEqual(acked);
      // no more than was in flight, each once
      const expected = mine.map((_, n) => `${me.name} ${n}`);
      expect(mine.map(({ content }) => content)).toEqual(expected);
      expect(mine.length).toBeLessThanOrEqual(acked.length + 8);
      expect(stored.map(({ created_at }) => created_at)).toEqual(
        stored.map(({ created_at }) => created_at).toSorted(),
      );
    }
  }, 60_000);
});
