import { beforeAll, describe, expect, test } from "@jest/globals";
import { error } from "../support/answers.ts";
import { Client, type Options, type User } from "../support/client.ts";
import { befriend, connectAs, dm, gateA, gateB, register, type Person } from "../support/people.ts";
import { startServer } from "../support/server.ts";

const DART: Options = { userAgent: "Dart/3.1 (dart:io)" };
type Setting = "list" | "string";

/** A server, a person with a friend and a request, and how their lists look to a user agent. */
const prepare = async (env: Record<string, string>) => {
  const server = await startServer(env);
  const [me, friend, asking] = await Promise.all([register(server), register(server), register(server)]);
  const mine = await connectAs(gateA(server), me);
  const theirs = await connectAs(gateB(server), friend);
  await befriend(mine, me.name, theirs, friend.name);
  const other = await connectAs(gateB(server), asking);
  await other.ask("mutual_users", { type: "request", name: me.name });
  await Promise.all([mine, theirs, other].map((client) => client.close()));
  return { server, me, friend, asking };
};
type World = Awaited<ReturnType<typeof prepare>>;

const authPayload = async ({ server, me }: World, options?: Options): Promise<Record<string, unknown>> => {
  const client = await Client.connect(gateA(server), options);
  await client.ask("heartbeat", { count: 0 });
  client.send("auth", { auth: me.token });
  const { payload } = await client.next("auth");
  await client.close();
  return payload;
};
const user = ({ id, name }: Person): User => ({ id, name, profile: null });
const asLists = ({ me, friend, asking }: World) => ({
  self_user: user(me),
  mutual_requests: [user(asking)],
  mutual_users: [user(friend)],
});
/** The payload as the app reads it: `json.decode` of both lists, which fails on anything but a string. */
const decoded = (payload: Record<string, unknown>) => {
  const { mutual_requests, mutual_users, ...rest } = payload;
  expect([typeof mutual_requests, typeof mutual_users]).toEqual(["string", "string"]);
  const parse = (text: unknown) => JSON.parse(String(text)) as unknown;
  return { ...rest, mutual_requests: parse(mutual_requests), mutual_users: parse(mutual_users) };
};

describe("the lists of auth", () => {
  let world: World;
  beforeAll(async () => {
    world = await prepare({});
  });

  test("are lists by default, as documented", async () => {
    expect(await authPayload(world)).toEqual(asLists(world));
    for (const userAgent of ["Mozilla/5.0 Dart/3.1", "dart-board/1", "Dartmouth", "XDart/2"]) {
      expect(await authPayload(world, { userAgent })).toEqual(asLists(world));
    }
  });

  test("are strings holding the lists where the User-Agent begins with Dart/", async () => {
    for (const userAgent of ["Dart/3.1 (dart:io)", "Dart/2.16 (dart:io)"]) {
      expect(decoded(await authPayload(world, { userAgent }))).toEqual(asLists(world));
    }
  });

  test("the answer to load mutual_users is a list for the app too", async () => {
    const client = await connectAs(gateA(world.server), world.me, DART);
    const answer = await client.ask("load", { type: "mutual_users" });
    expect(answer).toEqual({ type: "mutual_users", payload: [user(world.friend)] });
  });

  test("the app's own start: heartbeat, load mutual_users -> 4001, auth; then it works on", async () => {
    const { server, me, friend, asking } = world;
    const app = await Client.connect(gateA(server), DART);
    app.send("heartbeat", { count: 0 });
    app.send("load", { type: "mutual_users" });
    app.send("auth", { auth: me.token });
    expect(await app.next("heartbeat")).toEqual({ type: "heartbeat", payload: { count: 0 } });
    expect(await app.next("error")).toEqual(error(4001));
    const { payload } = await app.next("auth");
    expect(decoded(payload)).toEqual(asLists(world));
    expect(await app.ask("load", { type: "mutual_users" })).toEqual({
      type: "mutual_users",
      payload: [user(friend)],
    });
    const message = { type: "send", chat_id: dm(me, friend), content: "안녕" };
    expect(await app.ask("chat", message)).toMatchObject({
      type: "chat",
      payload: { ...message, user_id: me.id },
    });
    expect(await app.ask("heartbeat", { count: 0 })).toEqual({ type: "heartbeat", payload: { count: 0 } });
    app.send("auth", { auth: me.token }); // as its "requests" screen does
    const again = decoded((await app.next("auth")).payload);
    expect(again).toMatchObject({ mutual_requests: [user(asking)] });
  });
});

describe("an operator's setting forces either", () => {
  // "auto" is what the tests above have
  test.each<Setting>(["list", "string"])("V1_LISTS=%s", async (setting) => {
    const world = await prepare({ V1_LISTS: setting });
    const [plain, dart] = [await authPayload(world), await authPayload(world, DART)];
    expect(setting === "string" ? decoded(plain) : plain).toEqual(asLists(world));
    expect(setting === "list" ? dart : decoded(dart)).toEqual(asLists(world));
  });

  test("and anything else is refused at start", async () => {
    await expect(startServer({ V1_LISTS: "sometimes" })).rejects.toThrow(/V1_LISTS/);
  });
});
