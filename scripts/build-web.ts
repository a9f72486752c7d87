/**
 * `npm run build:web`: makes `web/dist`, what the gateway serves. Before every start it looks whether that is needed, so that
 * a fresh clone shows the client with no further step; what was built from these very sources is kept.
 */
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const root = join(import.meta.dirname, "..");
const dist = join(root, "web/dist");
const stamp = join(dist, ".sources");
const SOURCES = [
  "web/!(dist)",
  "web/{src,docs}/**/*",
  "sdk/src/**/*",
  "docs/*",
  "gateway/pages/style.css",
  "package-lock.json",
];
const COMPRESSED = /\.(html|js|css|json|svg)$/;

/** Of the contents: a checkout gives files whatever time it likes. */
function digest(): string {
  const hash = createHash("sha256");
  const files = globSync(SOURCES, { cwd: root, withFileTypes: true }).filter((it) => it.isFile());
  for (const path of files.map(({ parentPath, name }) => join(parentPath, name)).toSorted())
    hash.update(path.slice(root.length)).update("\0").update(readFileSync(path)).update("\0");
  return hash.digest("hex");
}

/** In a folder beside, which then takes the place of the old one: another process may be serving that. */
async function build(sources: string): Promise<void> {
  const { build: bundle } = await import("vite");
  const fresh = `${dist}.${process.pid}`;
  await bundle({
    configFile: join(root, "web/vite.config.ts"),
    logLevel: "warn",
    build: { outDir: fresh, emptyOutDir: true },
  });
  for (const path of globSync("**/*", { cwd: fresh }).filter((it) => COMPRESSED.test(it))) {
    const content = readFileSync(join(fresh, path));
    writeFileSync(join(fresh, `${path}.br`), brotliCompressSync(content));
    writeFileSync(join(fresh, `${path}.gz`), gzipSync(content));
  }
  writeFileSync(join(fresh, ".sources"), sources);
  rmSync(dist, { recursive: true, force: true });
  try {
    renameSync(fresh, dist);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(stamp)) throw error; // another start was faster
  }
}

try {
  const sources = digest();
  const isFresh = existsSync(stamp) && readFileSync(stamp, "utf8") === sources;
  if (!isFresh) await build(sources);
} catch (error) {
  process.stderr.write(`The web client was not built: ${String(error)}\n`);
  process.exitCode = 1; // the server starts all the same
}
