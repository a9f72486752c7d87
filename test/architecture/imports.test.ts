import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";

/** The tree is the architecture: what may know what. */
const ROOT = join(import.meta.dirname, "../..");
const IMPORT = /(?:from|import)\s*\(?\s*"([^"]+)"/g;

const files = globSync("{services,gateway,migrations}/**/*.ts", { cwd: ROOT }).toSorted();
const source = (file: string) => readFileSync(join(ROOT, file), "utf8");
const importsOf = (file: string) =>
  [...source(file).matchAll(IMPORT)].map(([, name = ""]) =>
    name.startsWith(".") ? join(file, "..", name) : name,
  );
const ownerOf = (file: string) => /^services\/(?!common\/)(\w+)\//.exec(file)?.[1];

const edges = files.flatMap((file) => importsOf(file).map((imported) => ({ file, imported })));
const breaking = (isWrong: (edge: { file: string; imported: string }) => boolean | undefined) =>
  edges.filter(isWrong).map(({ file, imported }) => `${file} imports ${imported}`);

test("the tree is read", () => {
  expect(files.length).toBeGreaterThan(40);
  expect(edges.length).toBeGreaterThan(100);
});

test("a service knows another only by its contract", () => {
  const wrong = breaking(({ file, imported }) => {
    const owner = ownerOf(imported);
    return owner !== undefined && owner !== ownerOf(file) && !imported.endsWith(".contract.ts");
  });
  expect(wrong).toEqual([]);
});

test("what is common knows no service, but for the types of the contracts", () => {
  const wrong = breaking(
    ({ file, imported }) =>
      file.startsWith("services/common/") &&
      (ownerOf(imported) !== undefined || imported.startsWith("gateway/")),
  );
  expect(wrong).toEqual([]);
});

test("no service knows the gateway", () => {
  expect(
    breaking(({ file, imported }) => file.startsWith("services/") && imported.startsWith("gateway/")),
  ).toEqual([]);
});

test("the gateway has no SQL", () => {
  const database = /^(knex|mysql2|node:sqlite)|\.repository\.ts$|common\/db\.ts$/;
  expect(breaking(({ file, imported }) => file.startsWith("gateway/") && database.test(imported))).toEqual(
    [],
  );
});

test("only repositories, ids and the db layer speak SQL", () => {
  const speakers = /\.repository\.ts$|common\/(db|node-sqlite|ids|nonces|trace)\.ts$|^migrations\//;
  const wrong = breaking(
    ({ file, imported }) => !speakers.test(file) && /^(knex|mysql2|node:sqlite)/.test(imported),
  );
  expect(wrong).toEqual([]);
});

test("only one file reads the environment", () => {
  const readers = files.filter(
    (file) => source(file).includes("process.env") && !file.endsWith("common/config.ts"),
  );
  expect(readers).toEqual([]);
});

test("the client knows types of the server, and nothing else of anybody", () => {
  const outside = globSync("sdk/src/**/*.ts", { cwd: ROOT }).flatMap((file) =>
    [...source(file).matchAll(/^(import type|import|export type|export)\b[^;]*?from "([^"]+)";/gms)]
      .filter(([, how = "", name = ""]) => !name.startsWith("./") && !how.endsWith(" type"))
      .map(([, , name]) => `${file} imports ${name}`),
  );
  expect(outside).toEqual([]);
});
