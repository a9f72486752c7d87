import { beforeAll, expect, test } from "@jest/globals";
import { login, register, verify, type RewindError } from "../../sdk/src/index.ts";
import { freePort } from "../support/ports.ts";
import { gateA, uniqueName, verificationLink } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { onlineAs } from "./clients.ts";

let server: Server;
let url: string;
beforeAll(async () => {
  server = await startServer();
  url = gateA(server);
});

test("an account is asked for, made and logged in to", async () => {
  const [name, email, password] = [uniqueName(), `${uniqueName()}@example.com`, "correct horse battery"];
  await register({ url, name, email, password });
  const key = (await verificationLink(server, email)).split("/").at(-1) ?? "";
  await verify({ url, key });
  const { token } = await login({ url: `${url.replace("http", "ws")}/ws`, email, password });
  const client = await onlineAs(url, { id: "", name, email, password, token });
  expect(client.me?.name).toBe(name);
  await expect(verify({ url, key })).rejects.toMatchObject({ type: "HTTP_404", outcome: "not_done" });
});

test("what is refused, or finds nobody, is a RewindError", async () => {
  const wrong = { url, email: "nobody@example.com", password: "wrong password" };
  const refused = (await login(wrong).catch((error: unknown) => error)) as RewindError;
  expect(refused).toMatchObject({
    ...{ name: "RewindError", type: "HTTP_401", code: 401, outcome: "not_done" },
    reason: "email or password incorrect.",
  });
  await expect(register({ url, name: "", email: "no address", password: "short" })).rejects.toMatchObject({
    type: "HTTP_400",
    reason: expect.stringMatching(/name.*email.*password/s),
  });
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  await expect(login({ ...wrong, url: nowhere })).rejects.toMatchObject({ type: "UNREACHABLE" });
});
