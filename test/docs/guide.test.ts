import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, expect, test } from "@jest/globals";
import { online } from "../conformance-v2/device.ts";
import { until } from "../support/cluster.ts";
import { gateA, register, verificationLink, type Person } from "../support/people.ts";
import { atEnd, startServer, type Server } from "../support/server.ts";

const root = join(import.meta.dirname, "../..");
const SDK = pathToFileURL(join(root, "sdk/src/index.ts")).href;
const BLOCK = /^```(\w+)\n(.*?)^```$/gms;
const NAME = /^\/\/ (\S+\.mjs)\n/;

let server: Server;
let bob: Person;
let folder: string;
let guide: string;
beforeAll(async () => {
  server = await startServer();
  bob = await register(server, "bob");
  folder = await mkdtemp(join(tmpdir(), "rewind-guide-"));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  guide = await readFile(join(root, "docs/write-a-client.md"), "utf8");
  for (const [file, code] of filesIn(guide)) await writeFile(join(folder, file), code);
});

/** Blocks that begin with the same name are one file; the server is the test's own. */
function filesIn(text: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const [, language, code = ""] of text.matchAll(BLOCK)) {
    if (language !== "js") continue;
    const [, name = ""] = NAME.exec(code) ?? [];
    if (name === "") throw new Error(`a block without a name:\n${code}`);
    files.set(name, `${files.get(name) ?? ""}${code}`);
  }
  const here = (code: string) =>
    code
      .replaceAll("http://localhost:3000", gateA(server))
      .replaceAll("ws://localhost:3000", gateA(server).replace("http", "ws"))
      .replaceAll("@rewind/client", SDK);
  return new Map([...files].map(([name, code]) => [name, here(code)]));
}
/** What the guide shows as printed. */
const shown = () =>
  [...guide.matchAll(BLOCK)].flatMap(([, language, text]) => (language === "text" ? [text] : []));

const start = (file: string, ...args: string[]) => {
  const child = spawn(process.execPath, [join(folder, file), ...args], {
    env: { ...process.env, NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  atEnd(() => child.kill("SIGKILL"));
  const printed = { text: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed.text += text));
  return { child, printed };
};
const run = async (file: string, ...args: string[]): Promise<string> => {
  const { child, printed } = start(file, ...args);
  expect(await once(child, "close")).toEqual([0, null]);
  return printed.text;
};

let chat_id: string;

test("an account is made by the first blocks, and each prints what the guide says", async () => {
  const said = await run("register.mjs");
  expect(said).toBe("201 successfully created an account creation request.\n");
  const link = await verificationLink(server, "ann@example.org");
  const verified = await run("verify.mjs", link);
  expect(verified).toBe("201 account successfully created.\n");
  for (const text of [said, verified]) expect(guide).toContain(`\`${text.trim()}\``);
});

test("the client by hand prints what the guide says, and misses nothing when the server stops", async () => {
  const { child, printed } = start("client.mjs", "bob");
  await until("what the guide shows", () => printed.text === shown()[0]);
  const before = await online(gateA(server), bob);
  [{ chat_id = "" } = {}] = (await before.chats()).chats;
  await before.say(chat_id, "hi ann");
  await until("what bob says", () => printed.text.endsWith("send hi ann\n"));

  await server.stop();
  await server.restart();
  const after = await online(gateA(server), bob);
  await after.say(chat_id, "still there?");
  const each = ["online as ann", "send hello", "send hi ann", "online as ann", "send still there?"];
  const lines = () => printed.text.match(/^(?:send|online).*$/gm) ?? [];
  await until("what was missed", () => lines().length >= each.length, 15_000);
  expect(lines().toSorted()).toEqual(each.toSorted());
  child.kill();
});

test("the client with the SDK does the same", async () => {
  const { child, printed } = start("with-sdk.mjs", "bob");
  await until("its history", () => /^history: \d+$/m.test(printed.text));
  expect(printed.text).toBe("send hello again\nhistory: 4\n");
  child.kill();
});
