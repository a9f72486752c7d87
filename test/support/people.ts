import { randomBytes } from "node:crypto";
import { Client, type Frame, type Options } from "./client.ts";
import { get, postForm, type Answer } from "./form.ts";
import type { Mail } from "./mail-sink.ts";
import type { Server } from "./server.ts";

export type Person = { id: string; name: string; email: string; password: string; token: string };
export const PASSWORD = "correct horse battery";

/** At most 32 UTF-16 units, never the same twice. */
export const uniqueName = (prefix = "p"): string => `${prefix}-${randomBytes(5).toString("hex")}`;
export const gateA = (server: Server): string => server.urls[0] ?? "";
export const gateB = (server: Server): string => server.urls.at(-1) ?? "";

const LINK = /https?:\/\/\S+\/api\/v1\/auth\/email_verify\/[\w-]+/g;
export const linksIn = (mail: Mail): string[] => mail.text.match(LINK) ?? [];
/** The link of the first mail to the address that holds one and was not seen before. */
export const verificationLink = async (
  server: Server,
  email: string,
  seen: string[] = [],
): Promise<string> => {
  const fresh = (mail: Mail) => linksIn(mail).find((link) => !seen.includes(link));
  return fresh(await server.mails.waitFor(email, (mail) => fresh(mail) !== undefined)) ?? "";
};

const created = (what: string, answer: Answer): Answer => {
  if (answer.status !== 201) throw new Error(`${what}: ${answer.status} ${answer.text}`);
  return answer;
};

/** The true thing: the form, the link in the mail, the login. */
export const register = async (server: Server, name = uniqueName()): Promise<Person> => {
  const url = gateA(server);
  const email = `${uniqueName()}@example.com`;
  const credentials = { email, password: PASSWORD };
  created("register", await postForm(`${url}/api/v1/auth/register`, { name, ...credentials }));
  created("verify", await get(await verificationLink(server, email)));
  const login = created("login", await postForm(`${url}/api/v1/auth/login`, credentials));
  const token = login.body?.payload.token ?? "";
  const client = await Client.connect(url);
  const { payload } = await signIn(client, token);
  await client.close();
  return { id: payload.self_user.id, name, ...credentials, token };
};

export const registerAll = (server: Server, ...names: string[]): Promise<Person[]> =>
  Promise.all(names.map((name) => register(server, uniqueName(name))));

/** A heartbeat and `auth`, both answered. */
export const signIn = async (client: Client, token: string): Promise<Frame<"auth">> => {
  client.send("heartbeat", { count: 0 });
  await client.next("heartbeat");
  client.send("auth", { auth: token });
  return client.next("auth");
};

export const connectAs = async (
  url: string,
  person: { token: string },
  options?: Options,
): Promise<Client> => {
  const client = await Client.connect(url, options);
  await signIn(client, person.token);
  return client;
};

/** The `chat_id` of two people's conversation. */
export const dm = (a: { id: string }, b: { id: string }): string => String(BigInt(a.id) ^ BigInt(b.id));

/** Makes friends of two signed-in people who have no other socket; nothing of it stays unread. */
export const befriend = async (a: Client, aName: string, b: Client, bName: string): Promise<void> => {
  a.send("mutual_users", { type: "request", name: bName });
  await Promise.all([a.next("ok"), b.next("mutual_users")]);
  b.send("mutual_users", { type: "response", name: aName });
  await Promise.all([b.next("ok"), a.next("mutual_users")]);
};
