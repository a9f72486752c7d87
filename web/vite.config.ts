import { join } from "node:path";
import { defineConfig } from "vite";

const page = (path: string) => join(import.meta.dirname, path);

/** Two pages: the client at `/`, the documents at `/docs/`. */
export default defineConfig({
  root: import.meta.dirname,
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
    rolldownOptions: { input: { client: page("index.html"), docs: page("docs/index.html") } },
  },
});
