/** `npm run docs`: writes the documents that are made from the code. A test fails where they are stale. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { asyncapi } from "./asyncapi.ts";

const docs = join(import.meta.dirname, "../docs");
writeFileSync(join(docs, "asyncapi.json"), `${JSON.stringify(asyncapi(), undefined, 2)}\n`);
