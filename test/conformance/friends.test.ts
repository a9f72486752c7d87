import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { error, ok } from "../support/answers.ts";
import type { Client } from "../support/client.ts";
import {
  befriend,
  connectAs,
  gateA,
  gateB,
  registerAll,
  uniqueName,
  type Person,
} from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

const SILENCE_MS = 150;
let server: Server;
let a: Person, b: Person, c: Person;
/** Two sockets of a, two of b, one of a bystander. */
let a1: Client, a2: Client, b1: Client, b2: Client, c1: Client;

beforeAll(async () => {
  server = await startServer();
});
beforeEach(async () => {
  const [first, second, third] = await registerAll(server, "Ann", "Ben", "Cy");
  if (!first || !second || !third) throw new Error("three people");
  [a, b, c] = [first, second, third];
  const [near, far] = [gateA(server), gateB(server)];
  [a1, a2, b1, b2, c1] = await Promise.all([
    connectAs(near, a),
    connectAs(far, a),
    connectAs(far, b),
    connectAs(near, b),
    connectAs(near, c),
  ]);
});

const user = ({ id, name }: Person) => ({ id, name, profile: null });
const push = (type: string, who: Person) => ({ type: "mutual_users", payload: { type, user: user(who) } });
const ask = (client: Client, type: unknown, name: unknown) => client.ask("mutual_users", { type, name });
const silence = () => Promise.all([a1, a2, b1, b2, c1].map((client) => client.expectSilence(SILENCE_MS)));
const nextOf = (...clients: Client[]) => Promise.all(clients.map((client) => client.next()));
/** What `auth` says now of a and of b: who asked, who is a friend. */
const lists = async (client: Client, person: Person) => {
  client.send("auth", { auth: person.token });
  const { mutual_requests, mutual_users } = (await client.next("auth")).payload;
  return { requests: mutual_requests, friends: mutual_users };
};
const expectState = async (state: "strangers" | "a asked" | "friends") => {
  const friends = state === "friends";
  expect(await lists(a1, a)).toEqual({ requests: [], friends: friends ? [user(b)] : [] });
  expect(await lists(b1, b)).toEqual({
    requests: state === "a asked" ? [user(a)] : [],
    friends: friends ? [user(a)] : [],
  });
};
const requested = async () => {
  await ask(a1, "request", b.name);
  await nextOf(b1, b2);
};
const befriended = async () => {
  await requested();
  await ask(b1, "response", a.name);
  await nextOf(a1, a2, b2);
};

describe("mutual_users request asks", () => {
  test("ok to who asks, {type: request, user} to the other's live sockets, nothing to anyone else", async () => {
    expect(await ask(a1, "request", b.name)).toEqual(ok);
    expect(await nextOf(b1, b2)).toEqual([push("request", a), push("request", a)]);
    await silence();
    await expectState("a asked");
  });

  test("finds the name whatever its case, and only the whole name", async () => {
    expect(await ask(a1, "request", b.name.slice(0, -1))).toEqual(
      error(4004, "select named user is not exist."),
    );
    expect(await ask(a1, "request", b.name.toUpperCase())).toEqual(ok);
    expect(await nextOf(b1, b2)).toEqual([push("request", a), push("request", a)]);
  });

  test("again: 4000 'select named user is already requested.'", async () => {
    await requested();
    expect(await ask(a2, "request", b.name)).toEqual(error(4000, "select named user is already requested."));
    await silence();
    await expectState("a asked");
  });

  test("a friend: 4000 'select named user is already friend.'", async () => {
    await befriended();
    for (const [client, name] of [
      [a1, b.name],
      [b2, a.name],
    ] as const) {
      expect(await ask(client, "request", name)).toEqual(error(4000, "select named user is already friend."));
    }
    await silence();
    await expectState("friends");
  });

  test("nobody: 4004 'select named user is not exist.'", async () => {
    for (const name of [uniqueName(), "%", "constructor", "' OR 1=1 --"]) {
      expect(await ask(a1, "request", name)).toEqual(error(4004, "select named user is not exist."));
    }
    await silence();
  });

  test("oneself: 4000", async () => {
    expect(await ask(a1, "request", a.name)).toEqual(error(4000));
    expect(await ask(a1, "request", a.name.toUpperCase())).toEqual(error(4000));
    await silence();
    await expectState("strangers");
  });

  test("someone who already asked: accepts", async () => {
    await requested();
    expect(await ask(b1, "request", a.name)).toEqual(ok);
    expect(await nextOf(a1, a2, b2)).toEqual([push("response", b), push("response", b), push("response", a)]);
    await silence();
    await expectState("friends");
  });

  test("each other at the same moment: friends, whoever came first", async () => {
    const answers = await Promise.all([ask(a1, "request", b.name), ask(b1, "request", a.name)]);
    // the first frame of either may be the other's push
    expect(answers.every(({ type }) => type !== "error")).toBe(true);
    const fits = ({ type }: { type: string }) => type === "ok";
    await Promise.all([a1, b1].map((it) => (it.frames.some(fits) ? it : it.next("ok"))));
    await Promise.all([a2.next("mutual_users"), b2.next("mutual_users")]);
    await expectState("friends");
  });

  test("many times at the same moment: once ok, else already requested, one request", async () => {
    const clients = [a1, a2, a1, a2, a1, a2, a1, a2];
    for (const client of clients) client.send("mutual_users", { type: "request", name: b.name });
    const answers = await Promise.all(clients.map((client) => client.next()));
    expect(answers.filter(({ type }) => type === "ok")).toHaveLength(1);
    const already = error(4000, "select named user is already requested.");
    expect(answers.filter(({ type }) => type !== "ok")).toEqual(Array.from({ length: 7 }, () => already));
    expect(await nextOf(b1, b2)).toEqual([push("request", a), push("request", a)]);
    await silence();
    await expectState("a asked");
  });
});

describe("mutual_users response accepts", () => {
  test("ok, {type: response, user: who did it} to the other, {.., user: the other} to one's other sockets", async () => {
    await requested();
    expect(await ask(b1, "response", a.name)).toEqual(ok);
    expect(await nextOf(a1, a2, b2)).toEqual([push("response", b), push("response", b), push("response", a)]);
    await silence();
    await expectState("friends");
  });

  test("4004 'targeted name was not requested.' without a request of theirs", async () => {
    const refused = error(4004, "targeted name was not requested.");
    expect(await ask(b1, "response", a.name)).toEqual(refused);
    await requested();
    expect(await ask(a1, "response", b.name)).toEqual(refused); // one's own request is not one's to accept
    expect(await ask(c1, "response", a.name)).toEqual(refused);
    await silence();
    await expectState("a asked");
  });

  test("a second time: 4000 'select named user is already friend.', and one stays friends", async () => {
    await befriended();
    expect(await ask(b1, "response", a.name)).toEqual(error(4000, "select named user is already friend."));
    await silence();
    await expectState("friends");
  });

  test("nobody: 4004 'select named user is not exist.'", async () => {
    expect(await ask(b1, "response", uniqueName())).toEqual(error(4004, "select named user is not exist."));
  });
});

describe("mutual_users remove", () => {
  test("declines a received request", async () => {
    await requested();
    expect(await ask(b1, "remove", a.name)).toEqual(ok);
    expect(await nextOf(a1, a2, b2)).toEqual([push("remove", b), push("remove", b), push("remove", a)]);
    await silence();
    await expectState("strangers");
    await requested(); // it may be asked again
    await expectState("a asked");
  });

  test("withdraws a sent one", async () => {
    await requested();
    expect(await ask(a1, "remove", b.name)).toEqual(ok);
    expect(await nextOf(b1, b2, a2)).toEqual([push("remove", a), push("remove", a), push("remove", b)]);
    await silence();
    await expectState("strangers");
    expect(await ask(b1, "response", a.name)).toEqual(error(4004, "targeted name was not requested."));
  });

  test("4004 'targeted name was not requested.' without a request, and to friends", async () => {
    const refused = error(4004, "targeted name was not requested.");
    expect(await ask(a1, "remove", b.name)).toEqual(refused);
    await befriended();
    expect(await ask(a1, "remove", b.name)).toEqual(refused);
    expect(await ask(b1, "remove", a.name)).toEqual(refused);
    await silence();
    await expectState("friends");
  });

  test("nobody: 4004 'select named user is not exist.'", async () => {
    expect(await ask(b1, "remove", uniqueName())).toEqual(error(4004, "select named user is not exist."));
  });
});

describe("mutual_users delete", () => {
  test.each(["who asked", "who accepted"])("ends a friendship on both sides: by %s", async (by) => {
    await befriended();
    const [actor, second, name, others] =
      by === "who asked" ? ([a1, a2, b.name, [b1, b2]] as const) : ([b1, b2, a.name, [a1, a2]] as const);
    const [doer, other] = by === "who asked" ? [a, b] : [b, a];
    expect(await ask(actor, "delete", name)).toEqual(ok);
    const told = push("delete", doer);
    expect(await nextOf(...others, second)).toEqual([told, told, push("delete", other)]);
    await silence();
    await expectState("strangers");
  });

  test("4004 'select named user is not friend.' otherwise, also while a request waits", async () => {
    const refused = error(4004, "select named user is not friend.");
    expect(await ask(a1, "delete", b.name)).toEqual(refused);
    await requested();
    expect(await ask(a1, "delete", b.name)).toEqual(refused);
    expect(await ask(b1, "delete", a.name)).toEqual(refused);
    await silence();
    await expectState("a asked");
  });

  test("nobody: 4004 'select named user is not exist.'", async () => {
    expect(await ask(b1, "delete", uniqueName())).toEqual(error(4004, "select named user is not exist."));
  });

  test("afterwards one can ask again, from either side", async () => {
    await befriended();
    await ask(a1, "delete", b.name);
    await nextOf(a2, b1, b2);
    await Promise.all([a2.close(), b2.close()]);
    await befriend(b1, b.name, a1, a.name);
    await expectState("friends");
  });
});

describe("mutual_users", () => {
  test.each(["request", "response", "remove", "delete"])("%s with a bad name is 4000", async (type) => {
    for (const name of [
      undefined,
      null,
      5,
      "",
      "n".repeat(33),
      [b.name],
      { name: b.name },
      "a\0b",
      "\ud83d",
    ]) {
      expect(await ask(a1, type, name)).toEqual(error(4000));
    }
    await silence();
    await expectState("strangers");
  });
});
