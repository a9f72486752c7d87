/** `npm run docs`: writes the documents that are made from the code. A test fails where they are stale. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { asyncapi } from "./asyncapi.ts";
import { openapi } from "./openapi.ts";

const docs = join(import.meta.dirname, "../docs");
for (const [file, made] of Object.entries({ "asyncapi.json": asyncapi(), "openapi.json": openapi() }))
  writeFileSync(join(docs, file), `${JSON.stringify(made, undefined, 2)}\n`);
