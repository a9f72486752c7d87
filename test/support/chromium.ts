import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Where a Chromium or Chrome is, as a rule. */
const PLACES = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
export const chromiumPath = (): string | undefined => PLACES.find((path) => path && existsSync(path));
export const HOW =
  "The browser tests need Chromium or Chrome: install one (Debian: apt-get install chromium), or say where it is: " +
  "CHROMIUM=/path npm test";

/** Before the first test: installs Chromium where that asks nobody, on a Debian whose root we are. */
export default function installChromium(): void {
  const mayInstall = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
  if (chromiumPath() || !mayInstall) return; // where it stays away, the browser tests fail and say how to get it
  try {
    const apt = (...words: string[]) => execFileSync("apt-get", words, { stdio: "ignore", timeout: 300_000 });
    apt("update");
    apt("install", "--yes", "--no-install-recommends", "chromium");
  } catch (error) {
    process.stderr.write(`Chromium could not be installed: ${String(error)}\n`);
  }
}
