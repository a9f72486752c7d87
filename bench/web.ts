/**
 * `npm run bench:web`: how the web client feels, in a headless Chromium that draws without a graphics card: scrolling
 * through a conversation of 10,000 messages beside one of 100, and typing while 20 messages a second arrive beside typing
 * while none does. It prints medians and worst cases, and their ratios.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { chromium, type Page } from "playwright-core";
import { connect, type Client } from "../sdk/src/index.ts";
import { chromiumPath, HOW } from "../test/support/chromium.ts";
import { optionsFrom } from "./options.ts";
import { emailOf, nameOf, PASSWORD, userOf } from "./systems/seed.ts";
import { startEmbedded } from "./systems/embedded.ts";
import { undoing } from "./undo.ts";

const READER = 0;
const [LONG, SHORT] = [1, 2]; // their peers
const MESSAGES = { [LONG]: 10_000, [SHORT]: 100 };
const SCROLL_MS = 15_000;
const KEYS = 300;
const KEY_EVERY_MS = 50;
const ARRIVE_EVERY_MS = 50;

type Figures = { median: number; p99: number; worst: number; count: number };
function figuresOf(values: number[]): Figures {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { median: at(0.5), p99: at(0.99), worst: at(1), count: values.length };
}
const show = (what: string, { median, p99, worst, count }: Figures) => {
  const [a, b, c] = [median, p99, worst].map((ms) => `${ms.toFixed(1)} ms`.padStart(9));
  process.stdout.write(`${what.padEnd(44)} median ${a}  p99 ${b}  worst ${c}  of ${count}\n`);
};

/** Time between two frames that the browser draws, while the wheel turns. */
async function scroll(page: Page): Promise<Figures> {
  await page.evaluate(`{
    window.frames_ = [];
    let last = performance.now();
    const frame = (now) => { window.frames_.push(now - last); last = now; window.ticking = requestAnimationFrame(frame); };
    window.ticking = requestAnimationFrame(frame);
  }`);
  await page.getByRole("log").hover();
  for (const until = Date.now() + SCROLL_MS; Date.now() < until; await pause(16))
    await page.mouse.wheel(0, -250);
  return figuresOf(
    await page.evaluate<number[]>("cancelAnimationFrame(window.ticking), window.frames_.slice(1)"),
  );
}

/** From a key to the frame that shows it. */
async function type(page: Page): Promise<Figures> {
  const box = page.getByRole("textbox", { name: "Message", exact: true });
  await box.fill("");
  await page.evaluate(`{
    window.lags = [];
    const done = new MessageChannel();
    const begun = [];
    done.port1.onmessage = () => window.lags.push(performance.now() - begun.shift());
    window.typed = (event) => { begun.push(event.timeStamp); requestAnimationFrame(() => done.port2.postMessage(0)); };
    addEventListener("keydown", window.typed, { capture: true });
  }`);
  for (let i = 0; i < KEYS; i++) {
    await box.press("x");
    await pause(KEY_EVERY_MS);
  }
  return figuresOf(
    await page.evaluate<number[]>(
      `removeEventListener("keydown", window.typed, { capture: true }), window.lags`,
    ),
  );
}

async function open(page: Page, peer: number): Promise<void> {
  const entry = page
    .getByRole("navigation", { name: "Conversations" })
    .getByRole("listitem")
    .filter({ hasText: nameOf(peer) });
  await entry.getByRole("link").or(entry.getByRole("button")).first().click();
  await page.getByRole("article").first().waitFor();
}

async function arriving<T>(client: Client, work: () => Promise<T>): Promise<T> {
  let count = 0;
  const target = { user_id: userOf(READER).id };
  const timer = setInterval(() => void client.send(target, `arriving ${count++}`), ARRIVE_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

async function main(undone: ReturnType<typeof undoing>): Promise<void> {
  const options = optionsFrom([]);
  const executablePath = chromiumPath();
  if (options === "help" || !executablePath) throw new Error(HOW);
  const dir = mkdtempSync(join(tmpdir(), "rewind-bench-web-"));
  undone.add(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const chats = [LONG, SHORT].map((second) => ({ first: READER, second, messages: MESSAGES[second] ?? 0 }));
  const { urls } = await startEmbedded({
    plan: { seed: { users: 3, accounts: 3, chats } },
    dir,
    options,
    undone,
  });
  const url = (urls[0] ?? "").replace("ws", "http");

  const args = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
  ];
  const browser = await chromium.launch({ executablePath, args });
  undone.add(() => browser.close());
  const page = await browser.newPage({ locale: "en-GB" });
  await page.goto(url);
  await page.getByText("Log in", { exact: true }).first().click();
  await page.getByLabel("Email", { exact: true }).fill(emailOf(READER));
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Log in" }).last().click();

  const scrolled: Figures[] = [];
  for (const peer of [SHORT, LONG]) {
    await open(page, peer);
    scrolled.push(await scroll(page));
    show(`a frame, scrolling through ${MESSAGES[peer]} messages`, scrolled.at(-1) as Figures);
  }
  await open(page, SHORT);
  const quiet = await type(page);
  show("a key to its frame, nothing arrives", quiet);
  const writer = connect({ url, token: userOf(SHORT).token });
  undone.add(() => writer.close());
  const busy = await arriving(writer, () => type(page));
  show("a key to its frame, 20 messages/s arrive", busy);
  const [short, long] = scrolled as [Figures, Figures];
  process.stdout.write(
    `ratios of p99: scrolling ${(long.p99 / short.p99).toFixed(2)}, typing ${(busy.p99 / quiet.p99).toFixed(2)}\n`,
  );
}

const undone = undoing();
await main(undone).finally(() => undone.all());
process.exit(0);
