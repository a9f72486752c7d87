import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { framesV2 } from "../../gateway/frames-v2.ts";
import { asyncapi } from "../../scripts/asyncapi.ts";
import { openapi } from "../../scripts/openapi.ts";
import { faults } from "../../services/common/errors.ts";
import { metrics } from "../../services/common/metrics.ts";

const read = (file: string) => readFileSync(join(import.meta.dirname, "../..", file), "utf8");
const firstColumn = (table: string) => [...table.matchAll(/^\| `(\w+)` /gm)].map(([, cell = ""]) => cell);
const section = (text: string, heading: string) => text.split(`## ${heading}`)[1]?.split("\n## ")[0] ?? "";

test("the README lists the environment variables that are read, and no other", () => {
  const listed = firstColumn(section(read("README.md"), "Configuration"));
  const used = [...read("services/common/config.ts").matchAll(/env(?:, |\[)"([A-Z][A-Z\d_]+)"/g)];
  expect(listed.toSorted()).toEqual([...new Set(used.map(([, name = ""]) => name))].toSorted());
});

test("the operator's document lists REWIND's metrics, and no other", () => {
  const listed = [...read("docs/operations.md").matchAll(/^\| `(rewind\.[\w.]+)` /gm)].map(
    ([, name = ""]) => name,
  );
  expect(listed.toSorted()).toEqual(Object.keys(metrics).toSorted());
});

test.each([
  ["docs/asyncapi.json", asyncapi],
  ["docs/openapi.json", openapi],
])("%s is what `npm run docs` makes of the code", (file, make) => {
  expect(JSON.parse(read(file))).toEqual(JSON.parse(JSON.stringify(make())));
});

test("the document of v2 names every request", () => {
  const text = read("docs/protocol-v2.md");
  for (const name of Object.keys(framesV2)) {
    const [type = "", kind] = name.split("/");
    const isNamed = kind === undefined || type === "user" || type === "mutual_users";
    expect(text).toContain(isNamed ? `\`${type} ` : `${type} {type: "${kind}"`);
  }
});

test("the protocol document lists the error codes that are sent, and no other", () => {
  const listed = firstColumn(section(read("docs/protocol-v1.md"), "WebSocket `/ws`"));
  const codes = listed.filter((cell) => /^\d+$/.test(cell));
  const sent = new Set(Object.values(faults).map(({ wire }) => String(wire)));
  expect(codes.toSorted()).toEqual([...sent].toSorted());
});
