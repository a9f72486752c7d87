import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";
import { markdownTrees } from "./markdown.ts";

const page = (path: string) => join(import.meta.dirname, path);

/** For other tools: the documents as they are. */
const rawDocuments: Plugin = {
  name: "raw-documents",
  generateBundle() {
    for (const file of ["docs/openapi.json", "docs/asyncapi.json"])
      this.emitFile({ type: "asset", fileName: file, source: readFileSync(page(`../${file}`)) });
  },
};

/** Two pages: the client at `/`, the documents at `/docs/`. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [markdownTrees(), rawDocuments],
  // virtua is written for React; preact/compat is what it needs of that.
  resolve: {
    alias: {
      react: "preact/compat",
      "react-dom": "preact/compat",
      "react/jsx-runtime": "preact/jsx-runtime",
    },
  },
  build: {
    outDir: "dist",
    target: "es2024",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the Content-Security-Policy takes nothing from `data:`
    rolldownOptions: {
      input: { client: page("index.html"), docs: page("docs/index.html") },
      onwarn(warning, warn) {
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning); // virtua's "use client": all of this is
      },
    },
  },
});
