import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { gateA, register } from "../support/people.ts";
import { startServer } from "../support/server.ts";

/** The client as somebody gets it who has no copy of this repository. */
const ROOT = join(import.meta.dirname, "../..");
const home = mkdtempSync(join(tmpdir(), "rewind-package-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const run = (cwd: string, file: string, ...args: string[]) =>
  execFileSync(file, args, { cwd, encoding: "utf8" });
const tsc = join(ROOT, "node_modules/.bin/tsc");
const built = join(home, "built");

const PROGRAM = `
import { connect, login, RewindError, type Change } from "@rewind/client";
const [url = "", email = "", password = "", peer = ""] = process.argv.slice(2);
const { token } = await login({ url, email, password });
const client = connect({ url, token });
client.on("change", ({ type, message }: Change) => console.log(type, message.content));
client.on("error", (error: RewindError) => console.log(error.type));
const { content, seq }: { content: string; seq: number } = await client.send({ user_id: peer }, "from a package");
console.log(content, seq);
client.close();
export const wrong = [
  // @ts-expect-error there is no such field
  () => client.history("1", { befor: 1 }),
  // @ts-expect-error a count is a number
  () => client.history("1", { count: "1" }),
];
`;

test("it is packed, installed, type-checked and run with nothing else there", async () => {
  run(ROOT, process.execPath, "scripts/build-sdk.ts", built);
  const [tarball = ""] = run(home, "npm", "pack", "--silent", built).trim().split("\n").slice(-1);
  writeFileSync(join(home, "package.json"), JSON.stringify({ type: "module" }));
  run(home, "npm", "install", "--offline", "--no-audit", "--no-fund", `./${tarball}`);
  writeFileSync(join(home, "program.ts"), `declare const process: { argv: string[] };${PROGRAM}`);
  const lib = [
    "--lib",
    "es2024,dom",
    "--types",
    "",
    "--module",
    "nodenext",
    "--target",
    "es2024",
    "--strict",
  ];
  run(home, tsc, ...lib, "--outDir", "out", "program.ts");

  const server = await startServer();
  const [ann, ben] = await Promise.all([register(server), register(server)]);
  const said = run(home, process.execPath, "out/program.js", gateA(server), ann.email, ann.password, ben.id);
  expect(said.trim().split("\n").toSorted()).toEqual(["from a package 1", "send from a package"]);
}, 60_000);

test("it knows nothing of the server's code", () => {
  for (const path of globSync(join(built, "*.{js,d.ts}")))
    expect(readFileSync(path, "utf8")).not.toMatch(/from "(?!\.\/)/);
});

test("its written types are those that are inferred from the contracts", () => {
  const names = ["Said", "Requests", "Replies", "Account", "Login", "Key", "Token"];
  const check = `
import type * as Inferred from "${join(ROOT, "sdk/src/wire.ts")}";
import type * as Written from "${join(built, "wire.d.ts")}";
type Exact<A, B> = [A, B] extends [B, A] ? true : false;
const same: [${names.map((name) => `Exact<Inferred.${name}, Written.${name}>`).join(", ")}] = [${names.map(() => "true").join(", ")}];
// What one lacks that the other has, may be left out, and would pass for the same: every key is looked at.
type Keys<T> = T extends readonly (infer I)[] ? Keys<I> : T extends object ? { [K in keyof T]-?: Keys<NonNullable<T[K]>> } : T;
const all: [${names.map((name) => `Exact<Keys<Inferred.${name}>, Keys<Written.${name}>>`).join(", ")}] = [${names.map(() => "true").join(", ")}];
export { same, all };
`;
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: { typeRoots: [join(ROOT, "node_modules/@types")] },
    ...{ files: ["check.ts"], include: [] },
  };
  writeFileSync(join(home, "check.ts"), check);
  writeFileSync(join(home, "tsconfig.json"), JSON.stringify(config));
  run(home, tsc, "-p", ".");
});
