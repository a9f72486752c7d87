import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds that is serious or worse. The page's policy must be bypassed (`bypassCSP`). */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const run = () => (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run();
  const { violations } = await page.evaluate(run);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("; ")}`);
}
