import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import { until } from "../support/cluster.ts";
import { gateA, registerAll, type Person } from "../support/people.ts";
import { atEnd, startServer, type Server } from "../support/server.ts";
import { changesOf, onlineAs } from "./clients.ts";

let server: Server;
let a: Person, b: Person;
beforeAll(async () => {
  server = await startServer();
  [a, b] = (await registerAll(server, "ann", "bot")) as [Person, Person];
});

test("the example says again what it is told, helps, and takes everybody for a friend", async () => {
  const bot = spawn(process.execPath, [join(import.meta.dirname, "../../examples/bot.ts")], {
    env: { ...process.env, URL: gateA(server), EMAIL: b.email, PASSWORD: b.password, NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  atEnd(() => bot.kill("SIGKILL"));
  await once(bot.stdout, "data");
  const mine = await onlineAs(gateA(server), a);
  const heard = changesOf(mine);
  await mine.requestFriend(b.name);
  await until("friends", () => mine.friends.some(({ id }) => id === b.id));
  await mine.send({ user_id: b.id }, "hello");
  await mine.send({ user_id: b.id }, "help");
  await until("answers", () => heard.length === 4);
  const said = heard.flatMap(({ message }) => (message.user_id === b.id ? [message.content] : []));
  expect(said).toEqual(["hello", expect.stringContaining("I say it again")]);
  bot.kill("SIGINT");
  expect(await once(bot, "exit")).toEqual([0, null]);
});
