import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";

const fixtures = join(import.meta.dirname, "fixtures");

/** What `tsc` says of the fixtures. */
const typeCheck = () =>
  new Promise<string>((resolve) => {
    const tsc = join(import.meta.dirname, "../../node_modules/.bin/tsc");
    execFile(tsc, ["--pretty", "false", "-p", fixtures], (_, stdout) => resolve(stdout));
  });

test("an action or event with a wrong name, wrong parameters or a wrong result fails tsc, and nothing else does", async () => {
  const lines = readFileSync(join(fixtures, "wrong.ts"), "utf8").split("\n");
  const marked = lines.flatMap((line, i) => (line.endsWith("// wrong") ? [i + 1] : []));
  const output = await typeCheck();
  const failed = [...output.matchAll(/^\S*wrong\.ts\((\d+),\d+\): error/gm)].map(([, line]) => Number(line));
  expect([...new Set(failed)]).toEqual(marked);
  expect(output.match(/^\S+\(\d+,\d+\): error/gm)).toHaveLength(failed.length);
});
