/**
 * `npm run build:sdk [folder]`: makes of the sources in sdk/ a package that needs nothing of this repository, in sdk/dist:
 * JavaScript modules and their declarations. `npm pack ./sdk/dist` packs it.
 */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { framesV2 } from "../gateway/frames-v2.ts";
import { said } from "../gateway/protocol-v2.frames.ts";
import { auth } from "../services/auth/auth.contract.ts";
import { recordType, rulesType } from "./typescript-types.ts";

const root = join(import.meta.dirname, "..");
const sdk = join(root, "sdk");
const out = resolve(process.argv[2] ?? join(sdk, "dist"));

/** What sdk/src/wire.ts infers, written out. */
function wire(): string {
  const { register, login, verify } = auth.actions;
  const { name, email, password } = register.params;
  const replies = Object.entries(framesV2).map(([row, { answers }]): [string, string] => [
    row,
    Object.hasOwn(said, answers ?? "") ? `Said[${JSON.stringify(answers)}]` : "null",
  ]);
  const requests = Object.entries(framesV2).map(([row, { payload }]): [string, string] => [
    row,
    rulesType(payload, "given"),
  ]);
  const saidTypes = Object.entries(said).map(([type, rules]): [string, string] => [type, rulesType(rules)]);
  return `/** What goes over the wire, made from the server's contracts. */
/** Payloads of what the server says, by the frame's type. */
export type Said = ${recordType(saidTypes)};
/** Payloads of what a client asks for, as \`type\` or \`type/kind\`. */
export type Requests = ${recordType(requests)};
/** Payloads of the replies; null where there is nothing to say. */
export type Replies = ${recordType(replies)};
export type Account = ${rulesType({ name, email, password }, "given")};
export type Login = ${rulesType({ email: login.params.email, password: login.params.password }, "given")};
export type Key = ${rulesType({ key: verify.params.key }, "given")};
export type Token = ${rulesType(login.result.props)};
`;
}

function compile(work: string): void {
  cpSync(join(sdk, "src"), join(work, "src"), { recursive: true });
  writeFileSync(join(work, "src/wire.ts"), wire());
  const compilerOptions = {
    ...{ noEmit: false, declaration: true, rewriteRelativeImportExtensions: true, types: [] },
    ...{ lib: ["es2024", "esnext.iterator", "dom"], rootDir: join(work, "src"), outDir: out },
  };
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions,
    include: [join(work, "src")],
    exclude: [],
  };
  writeFileSync(join(work, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/.bin/tsc");
  const { status, stdout } = spawnSync(tsc, ["-p", work], { encoding: "utf8" });
  if (status !== 0) throw new Error(`tsc: ${stdout}`);
  for (const path of globSync(join(out, "*.d.ts")))
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(/(from "\.\/\w+)\.ts"/g, '$1.js"'));
}

function describe(): void {
  const {
    private: _,
    exports: __,
    types: ___,
    ...about
  } = JSON.parse(readFileSync(join(sdk, "package.json"), "utf8")) as Record<string, unknown>;
  const exports = { ".": { types: "./index.d.ts", default: "./index.js" } };
  writeFileSync(join(out, "package.json"), `${JSON.stringify({ ...about, exports }, undefined, 2)}\n`);
  for (const file of [join(sdk, "README.md"), join(root, "LICENSE")])
    cpSync(file, join(out, file.split("/").at(-1) ?? ""));
}

const work = mkdtempSync(join(root, "node_modules/.rewind-sdk-"));
try {
  rmSync(out, { recursive: true, force: true });
  compile(work);
  describe();
} finally {
  rmSync(work, { recursive: true, force: true });
}
