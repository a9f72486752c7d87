import { beforeAll, expect, test } from "@jest/globals";
import { Client } from "../support/client.ts";
import { get, postForm } from "../support/form.ts";
import { base64, koreanTime } from "../support/history.ts";
import { dm, gateA, gateB, linksIn } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

// The flows of the old back end's own document, from nothing, in its order, with its words.
let server: Server;
beforeAll(async () => {
  server = await startServer();
});

const signUp = async (name: string) => {
  const auth = `${gateA(server)}/api/v1/auth`;
  const account = { name, email: `${name}@example.com`, password: "코런건 없어용~" };
  expect((await postForm(`${auth}/register`, account)).body).toEqual({
    type: "info",
    payload: { message: "successfully created an account creation request." },
  });
  const mail = await server.mails.waitFor(account.email);
  expect((await get(linksIn(mail)[0] ?? "")).body).toEqual({
    type: "info",
    payload: { message: "account successfully created." },
  });
  const { body } = await postForm(`${auth}/login`, { email: account.email, password: account.password });
  expect(body).toEqual({ type: "auth", payload: { token: expect.any(String) } });
  return body?.payload.token ?? "";
};

const enter = async (url: string, name: string, token: string) => {
  const client = await Client.connect(url);
  expect(await client.ask("heartbeat", { count: 0 })).toEqual({ type: "heartbeat", payload: { count: 0 } });
  client.send("auth", { auth: token });
  const { payload } = await client.next("auth");
  expect(payload).toEqual({
    self_user: { id: expect.stringMatching(/^\d+$/), name, profile: null },
    mutual_requests: [],
    mutual_users: [],
  });
  return { client, self: payload.self_user };
};

test("register, verify, login, heartbeat, auth, befriend, chat, edit, delete, load, unfriend", async () => {
  const [joyToken, hurrToken] = await Promise.all([signUp("joy"), signUp("hurr")]);
  const { client: joy, self: joyUser } = await enter(gateA(server), "joy", joyToken);
  const { client: hurr, self: hurrUser } = await enter(gateB(server), "hurr", hurrToken);
  const ok = { type: "ok", payload: null };
  const mutual = (type: string, user: object) => ({ type: "mutual_users", payload: { type, user } });

  // mutual_users: request, remove, request, response
  expect(await joy.ask("mutual_users", { type: "request", name: "hurr" })).toEqual(ok);
  expect(await hurr.next()).toEqual(mutual("request", joyUser));
  expect(await hurr.ask("mutual_users", { type: "remove", name: "joy" })).toEqual(ok);
  expect(await joy.next()).toEqual(mutual("remove", hurrUser));
  expect(await joy.ask("mutual_users", { type: "request", name: "hurr" })).toEqual(ok);
  expect(await hurr.next()).toEqual(mutual("request", joyUser));
  expect(await hurr.ask("mutual_users", { type: "response", name: "joy" })).toEqual(ok);
  expect(await joy.next()).toEqual(mutual("response", hurrUser));

  // load mutual_users, after the response has come
  expect(await joy.ask("load", { type: "mutual_users" })).toEqual({
    type: "mutual_users",
    payload: [hurrUser],
  });
  expect(await hurr.ask("load", { type: "mutual_users" })).toEqual({
    type: "mutual_users",
    payload: [joyUser],
  });

  // user
  expect(await joy.ask("user", { name: "hurr" })).toEqual({ type: "user", payload: hurrUser });

  // chat: send, edit, delete
  const chat_id = dm(joyUser, hurrUser);
  joy.send("chat", { type: "send", chat_id, content: "대충 메시지" });
  const { payload: sent } = await hurr.next("chat");
  expect(sent).toEqual({
    type: "send",
    id: expect.stringMatching(/^\d+$/),
    user_id: joyUser.id,
    chat_id,
    content: "대충 메시지",
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/),
  });
  expect((await joy.next("chat")).payload).toEqual(sent);
  joy.send("chat", { type: "edit", chat_id, content: "고친 메시지", id: sent.id });
  const edited = { type: "chat", payload: { ...sent, type: "edit", content: "고친 메시지" } };
  expect([await joy.next(), await hurr.next()]).toEqual([edited, edited]);
  hurr.send("chat", { type: "send", chat_id, content: "지울 메시지" });
  const [{ payload: doomed }] = await Promise.all([joy.next("chat"), hurr.next("chat")]);
  hurr.send("chat", { type: "edit", chat_id, content: "", id: doomed.id });
  const deleted = { type: "chat", payload: { ...doomed, type: "edit", content: "" } };
  expect([await joy.next(), await hurr.next()]).toEqual([deleted, deleted]);

  // load chat
  const load = { type: "chat", load_id: chat_id, datetime: base64(koreanTime(1_000)), count: 50 };
  expect(await hurr.ask("load", load)).toEqual({
    type: "chat",
    payload: { ...sent, content: "고친 메시지" },
  });

  // mutual_users: delete, on both sides
  expect(await hurr.ask("mutual_users", { type: "delete", name: "joy" })).toEqual(ok);
  expect(await joy.next()).toEqual(mutual("delete", hurrUser));
  for (const client of [joy, hurr]) {
    expect(await client.ask("load", { type: "mutual_users" })).toEqual({ type: "mutual_users", payload: [] });
    await client.expectSilence(100);
  }
});
