import { beforeAll, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { openDevice } from "../browser/browser.ts";
import { seriousFindings } from "../support/axe.ts";
import { gateA, register, uniqueName, verificationLink } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { asyncapi, openapi } from "./documents.ts";

/** The documents in a browser, as the gateway serves them; what its policy forbids fails a test (browser.ts). */
let server: Server;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT: "on" });
});
const open = async (place = ""): Promise<Page> => (await openDevice(`${gateA(server)}/docs/${place}`)).page;

const operationAt = (page: Page, path: string) =>
  page.locator("section", { has: page.getByRole("heading", { name: path }) });
/** Sends what is typed; the answer that is shown. */
const tryIt = async (page: Page, path: string, fields: Record<string, string>): Promise<string> => {
  const section = operationAt(page, path);
  const isOpen = await section.locator("details").getAttribute("open");
  if (isOpen === null) await section.getByText("Try it").click();
  for (const [name, value] of Object.entries(fields))
    await section.getByLabel(name, { exact: true }).fill(value);
  const answered = page.waitForResponse((response) => response.url().startsWith(gateA(server)));
  await section.getByRole("button", { name: /^Send/ }).click();
  await answered;
  await section.locator(".status").waitFor();
  return section.getByRole("status").innerText();
};

test("every operation and message is there, and has its place in the address", async () => {
  const page = await open("#http");
  for (const path of Object.keys(openapi.paths)) await page.getByRole("heading", { name: path }).waitFor();
  await page.getByRole("link", { name: "WebSocket", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "WebSocket" }).waitFor();
  const asked = Object.values(asyncapi.operations).filter(({ action }) => action === "receive");
  expect(await page.getByRole("heading", { name: /^Request$/ }).count()).toBe(asked.length);
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "HTTP" }).waitFor();
});

test("a link to an operation leads there", async () => {
  const page = await open("#socket/load/chats");
  const heading = page.getByRole("heading", { name: "load/chats", exact: true });
  await heading.waitFor();
  await expect(heading.evaluate((it) => Math.abs(it.getBoundingClientRect().top) < 200)).resolves.toBe(true);
});

test("the filter leaves what has the word in its name or its description", async () => {
  const page = await open();
  const contents = page.getByRole("navigation", { name: "Contents" });
  await contents.getByLabel("Filter").fill("typing");
  const left = await contents.getByRole("link").allInnerTexts();
  expect(left).toEqual(["WebSocket", "typing", "push typing"]);
  await contents.getByLabel("Filter").fill("no such thing");
  await contents.getByText("Nothing").waitFor();
});

test("an account can be made from the page, and what fails is shown as it was answered", async () => {
  const page = await open("#http");
  const name = uniqueName();
  const [email, password] = [`${name}@example.com`, "correct horse battery"];
  expect(await tryIt(page, "/api/v1/auth/register", { name, email, password })).toMatch(/^201 Created/);
  const link = await verificationLink(server, email);
  const verify = "/api/v1/auth/email_verify/{key}";
  expect(await tryIt(page, verify, { key: link.split("/").at(-1) ?? "" })).toMatch(
    /account successfully created/,
  );
  expect(await tryIt(page, "/api/v1/auth/login", { email, password })).toMatch(/^201 Created[^]*"token"/);
  await operationAt(page, "/api/v1/auth/login").getByLabel("Body as").selectOption("a form");
  expect(await tryIt(page, "/api/v1/auth/login", { email, password })).toMatch(/^201 Created[^]*"token"/);
  expect(await tryIt(page, "/api/v1/auth/login", { email: "", password })).toMatch(
    /^400 Bad Request[^]*email/,
  );
  let answer = "";
  for (let i = 0; i < 12 && !answer.startsWith("429"); i++)
    answer = await tryIt(page, "/api/v1/auth/login", { email, password: "wrong" });
  expect(answer).toMatch(/retry-after: \d+/);
  expect(await tryIt(page, "/readyz", {})).toMatch(/^200 OK[^]*"ready": true/);
});

test("frames can be said by hand: a request from the list is answered by this server", async () => {
  const { token } = await register(server);
  const page = await open("#socket/try");
  await page.getByLabel("Token", { exact: true }).fill(token);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  const log = page.getByRole("log", { name: "Frames" });
  await log.getByText('"reload":[]').waitFor();
  await page.getByLabel("Request", { exact: true }).selectOption("load/chats");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await log.getByText('"payload":{"type":"chats","chats":[],"before":null}').waitFor();
  await page.getByRole("button", { name: "Disconnect" }).click();
  await log.getByText("closed: 1005").waitFor();
});

test("the guide is there as it is written", async () => {
  const page = await open("#client/send-once");
  await page.getByRole("heading", { name: "Send once" }).waitFor();
  await page.getByText("crypto.randomUUID()").waitFor();
});

test.each(["openapi.json", "asyncapi.json"])("%s is there for other tools", async (file) => {
  const answer = await fetch(`${gateA(server)}/docs/${file}`);
  expect(await answer.json()).toEqual(file === "openapi.json" ? openapi : asyncapi);
});

test.each(["", "#client", "#http", "#socket", "#v2", "#v1"])(
  "no serious finding, nor anything to scroll sideways, in /docs/%s",
  async (place) => {
    const { page } = await openDevice(`${gateA(server)}/docs/${place}`, { bypassCSP: true });
    for (const summary of await page.locator("summary").all()) await summary.click();
    for (const [width, colorScheme] of [
      [1280, "light"],
      [390, "dark"],
    ] as const) {
      await page.setViewportSize({ width, height: 844 });
      await page.emulateMedia({ colorScheme });
      const root = page.locator("html");
      expect(await root.evaluate((it) => it.scrollWidth - it.clientWidth)).toBe(0);
      expect(await seriousFindings(page)).toEqual([]);
    }
  },
  60_000,
);

test("without a mouse: past the contents, into the page, and to an operation", async () => {
  const page = await open("#http");
  await page.getByRole("heading", { level: 1, name: "HTTP" }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter"); // skips the contents
  await page.keyboard.press("Tab");
  expect(await page.locator("main :focus").count()).toBe(1);
  await page.getByLabel("Filter").focus();
  await page.keyboard.type("typing");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 3, name: "typing" }).first().waitFor();
  expect(page.url()).toMatch(/#socket\/typing$/);
});
