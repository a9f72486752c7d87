import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { gateA, gateB, uniqueName } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import * as acts from "./acts.ts";
import { openDevice, openPage, type Device } from "./browser.ts";

/** Two people, from their first visit to the last message that is deleted. Each test goes on where the one before ended. */
let server: Server;
let ann: Device, ben: Device;
let annsAccount: acts.Account, bensAccount: acts.Account;

const textOf = (page: Page, content: string) => acts.message(page, content).innerText();

beforeAll(async () => {
  server = await startServer({ RATE_LIMIT: "on" });
  ann = await openDevice(gateA(server));
  ben = await openDevice(gateB(server), { locale: "en-GB", viewport: { width: 390, height: 844 } }); // a phone
});

test("they sign up, each with the link in their mail", async () => {
  annsAccount = await acts.signUp(server, ann, uniqueName("ann"));
  bensAccount = await acts.signUp(server, ben, uniqueName("ben"));
});

test("one asks, the other accepts, and both see it at once", async () => {
  await acts.befriend(ann.page, ben.page, { asker: annsAccount.name, other: bensAccount.name });
});

test("a first message opens a conversation on both sides, unread on the other", async () => {
  await acts.talkTo(ann.page, bensAccount.name);
  await acts.say(ann.page, "good morning");
  await acts.sent(ann.page, "good morning").waitFor();
  const entry = acts.entryOf(ben.page, annsAccount.name);
  await ben.page.goBack(); // on a phone the list is a page of its own
  await entry.getByText("good morning").waitFor();
  await entry.getByText("1", { exact: true }).waitFor();
  expect(await ben.page.title()).toContain("(1)");
});

test("who opens it has read it, on all devices", async () => {
  const second = await openDevice(gateA(server));
  await acts.logIn(second, bensAccount);
  await acts.entryOf(second.page, annsAccount.name).getByText("1", { exact: true }).waitFor();
  await acts.open(ben.page, annsAccount.name);
  await acts.message(ben.page, "good morning").waitFor();
  await acts
    .entryOf(second.page, annsAccount.name)
    .getByText("1", { exact: true })
    .waitFor({ state: "detached" });
  await second.context.close();
});

test("each sees the other type, and what they said, in order and once", async () => {
  await acts.composer(ben.page).pressSequentially("and to", { delay: 20 });
  await ann.page.getByText(/is typing/).waitFor();
  await acts.composer(ben.page).fill("");
  for (let i = 0; i < 10; i++) {
    await acts.say(ann.page, `ann ${i}.`);
    await acts.say(ben.page, `ben ${i}.`);
  }
  for (const { page } of [ann, ben])
    for (const name of ["ann", "ben"]) await acts.sent(page, `${name} 9.`).waitFor();
  const ids = await Promise.all(
    [ann, ben].map(({ page }) =>
      acts.messages(page).evaluateAll((all) => all.map((it) => it.getAttribute("data-id"))),
    ),
  );
  const [wide = [], narrow = []] = ids; // on a phone fewer are in view, and so in the page
  expect(narrow.length).toBeGreaterThan(5);
  expect(wide.slice(-narrow.length)).toEqual(narrow);
  expect(new Set(wide).size).toBe(wide.length);
  const said = (await acts.messages(ann.page).allInnerTexts()).join("\n");
  for (const name of ["ann", "ben"]) {
    const numbers = [...said.matchAll(new RegExp(`^${name} (\\d)\\.$`, "gm"))].map(([, n]) => Number(n));
    expect(numbers).toEqual(Array.from({ length: 10 }, (_, i) => i).slice(-numbers.length));
  }
});

test("an edit is seen by the other", async () => {
  await acts.edit(ann.page, "ann 9.", "ann nine.");
  await acts.message(ben.page, "ann nine.").getByText("edited").waitFor();
  expect(await acts.message(ben.page, "ann 9.").count()).toBe(0);
});

test("so is a deletion, and nothing of the text is left", async () => {
  await acts.remove(ann.page, "ann nine.");
  await acts.message(ben.page, "ann nine.").waitFor({ state: "detached" });
  for (const { page } of [ann, ben])
    expect(await acts.messages(page).last().or(acts.messages(page).nth(-2)).allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringMatching(/deleted/i)]),
    );
});

test("a text keeps its lines and its spaces; an address in it is a link that gives nothing away", async () => {
  await acts.composer(ann.page).fill("two\nlines   and https://example.com/a?b=c#d.");
  await acts.composer(ann.page).press("Enter");
  const link = acts.sent(ben.page, "lines").getByRole("link");
  expect(await link.getAttribute("href")).toBe("https://example.com/a?b=c#d");
  expect(await link.getAttribute("rel")).toMatch(/noopener.*noreferrer|noreferrer.*noopener/);
  expect(await textOf(ben.page, "lines")).toMatch(/two\n+lines {3}and/);
});

test("after a reload all is there, but what was deleted", async () => {
  const shown = () =>
    acts
      .messages(ann.page)
      .filter({ hasNotText: "deleted" })
      .evaluateAll((all) => all.map((it) => it.getAttribute("data-id")));
  const before = await shown();
  await ann.page.reload();
  await acts.sent(ann.page, "lines").waitFor();
  expect((await shown()).slice(-before.length)).toEqual(before);
  expect(await acts.message(ann.page, "deleted").count()).toBe(0);
});

describe("in Korean", () => {
  test("who prefers it is greeted in it", async () => {
    const visitor = await openDevice(gateA(server), { locale: "ko-KR" });
    await visitor.page.getByText("로그인").first().waitFor();
    expect(await visitor.page.locator("html").getAttribute("lang")).toBe("ko");
    await visitor.context.close();
  });
});

test("who logs out is out in every tab, and nothing is left behind in the browser", async () => {
  const other = await openPage(ben.context, gateB(server));
  await acts.conversations(other).waitFor();
  await other.getByRole("button", { name: "Settings" }).click();
  await other.getByRole("button", { name: "Log out" }).click();
  for (const page of [other, ben.page])
    await page.getByRole("heading", { name: "Welcome to REWIND" }).waitFor();
  const kept = await other.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(kept).not.toMatch(/eyJ|good morning/);
});

test("who is a friend no more is gone from both lists", async () => {
  await acts.logIn(ben, bensAccount);
  await acts.goToFriends(ben.page);
  await acts.goToFriends(ann.page);
  await ann.page.getByRole("button", { name: `Remove ${bensAccount.name}` }).click();
  await ann.page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  for (const [page, name] of [
    [ann.page, bensAccount.name],
    [ben.page, annsAccount.name],
  ] as const)
    await page.getByRole("button", { name: `Message ${name}` }).waitFor({ state: "detached" });
});
