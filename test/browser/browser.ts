import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect } from "@jest/globals";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { chromiumPath, HOW } from "../support/chromium.ts";
import { atEnd } from "../support/server.ts";

/** Kept for people to look at: one of each page that a test used, as it was when the test ended. */
const SCREENSHOTS = join(import.meta.dirname, "../../coverage/screenshots");
/** Nothing that the browser does of its own accord: it knows this server and no other. */
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const WITHIN_MS = 15_000;

let browser: Browser | undefined;
const pages: Page[] = [];
/** What scripts complained of that no test asked for. */
const complaints: string[] = [];

async function launch(): Promise<Browser> {
  if (browser) return browser;
  const executablePath = chromiumPath();
  if (!executablePath) throw new Error(HOW);
  browser = await chromium.launch({ executablePath, args: ARGS });
  atEnd(() => browser?.close());
  return browser;
}

export type Device = { page: Page; context: BrowserContext };
type Options = Parameters<Browser["newContext"]>[0];

/** A browser of somebody's own: no other has its cookies or its storage. */
export async function openDevice(url: string, options: Options = {}): Promise<Device> {
  const context = await (await launch()).newContext({ locale: "en-GB", ...options });
  return { context, page: await openPage(context, url) };
}

/** A tab; more than one may be open in a browser. */
export async function openPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(WITHIN_MS);
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.stack ?? error.message}`));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) complaints.push(message.text());
  });
  pages.push(page);
  await page.goto(url);
  return page;
}

afterEach(async () => {
  const name = (expect.getState().currentTestName ?? "").replaceAll(/\W+/g, "-").slice(0, 80);
  mkdirSync(SCREENSHOTS, { recursive: true });
  for (const [i, page] of pages.entries()) {
    if (page.isClosed()) continue;
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-${i}.png`) }).catch(() => {}); // a page may be gone
  }
  expect(complaints.splice(0)).toEqual([]);
});
