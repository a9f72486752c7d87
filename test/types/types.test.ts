import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "@jest/globals";

const fixtures = join(import.meta.dirname, "fixtures");

/** What `tsc` says of the fixtures. */
const typeCheck = () =>
  new Promise<string>((resolve) => {
    const tsc = join(import.meta.dirname, "../../node_modules/.bin/tsc");
    execFile(tsc, ["--pretty", "false", "-p", fixtures], (_, stdout) => resolve(stdout));
  });

const output = typeCheck();

test.each([
  ["wrong.ts", "an action or event with a wrong name, wrong parameters or a wrong result"],
  ["wrong-client.ts", "a call of the client library that the protocol does not have"],
])("in %s, %s fails tsc, and nothing else does", async (file) => {
  const lines = readFileSync(join(fixtures, file), "utf8").split("\n");
  const marked = lines.flatMap((line, i) => (line.endsWith("// wrong") ? [i + 1] : []));
  const errors = [...(await output).matchAll(/^(\S+)\((\d+),\d+\): error/gm)];
  const failed = errors
    .filter(([, where = ""]) => basename(where) === file)
    .map(([, , line]) => Number(line));
  expect(marked).not.toEqual([]);
  expect([...new Set(failed)]).toEqual(marked);
});

test("tsc complains of no other file", async () => {
  const files = [...(await output).matchAll(/^(\S+)\(\d+,\d+\): error/gm)].map(([, where = ""]) =>
    basename(where),
  );
  expect(new Set(files)).toEqual(new Set(["wrong.ts", "wrong-client.ts"]));
});
