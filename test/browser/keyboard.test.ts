import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { gateA } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import * as acts from "./acts.ts";
import { openDevice, openPage, type Device } from "./browser.ts";

/** Where the focus is, what Back leads to, and what a key or an input method means at the wrong moment. */
let server: Server;
let ann: Device, ben: Device;
let names: { ann: string; ben: string };

const MAX_CONTENT = 2_000;

beforeAll(async () => {
  server = await startServer();
  ann = await openDevice(gateA(server));
  ben = await openDevice(gateA(server));
  names = await acts.signUpFriends(server, ann, ben);
  await acts.talkTo(ann.page, names.ben);
  await acts.say(ann.page, "the first");
  await acts.sent(ann.page, "the first").waitFor();
}, 60_000);

const focused = (page: Page) =>
  page.evaluate<string>(
    `document.activeElement.getAttribute("aria-label") ?? document.activeElement.tagName + document.activeElement.getAttribute("class")`,
  );
const editBox = (page: Page) => page.getByRole("textbox", { name: "Edit message text" });

test("after a deletion one is where one writes", async () => {
  const { page } = ann;
  await acts.say(page, "to go");
  await acts.sent(page, "to go").waitFor();
  await acts.message(page, "to go").getByRole("button", { name: "Delete message" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).focus();
  await page.keyboard.press("Enter");
  await acts.message(page, "to go").waitFor({ state: "detached" });
  await page.waitForTimeout(300);
  expect(await focused(page)).toBe("Message");
});

describe("an edit", () => {
  test("that is left empty offers the deletion", async () => {
    const { page } = ann;
    await acts.say(page, "to be emptied");
    await acts.sent(page, "to be emptied").waitFor();
    await page.keyboard.press("ArrowUp");
    await editBox(page).fill("");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    expect(await editBox(page).inputValue()).toBe("");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await acts.message(page, "to be emptied").waitFor({ state: "detached" });
    await editBox(page).waitFor({ state: "detached" });
  });

  test("that is too long is not cut, and not saved", async () => {
    const { page } = ann;
    await acts.say(page, "to grow");
    await acts.sent(page, "to grow").waitFor();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.insertText("x".repeat(MAX_CONTENT));
    await page.getByText("7 characters too many").waitFor();
    await page.keyboard.press("Enter");
    expect(await editBox(page).inputValue()).toHaveLength(MAX_CONTENT + 7);
    await page.keyboard.press("Escape");
    await acts.sent(page, "to grow").waitFor();
  });

  test("that is on its way is not begun again from what was", async () => {
    const { page, context } = ann;
    await context.setOffline(true);
    await acts.edit(page, "to grow", "has grown");
    await acts.message(page, "has grown").and(page.locator('[data-revision="edit"]')).waitFor();
    await page.keyboard.press("ArrowUp");
    expect(await editBox(page).inputValue()).toBe("the first");
    await page.keyboard.press("Escape");
    await context.setOffline(false);
    await acts.message(page, "has grown").getByText("edited").waitFor({ timeout: 40_000 });
  });
});

test("a syllable that is being composed is sent with the rest", async () => {
  const { page, context } = ann;
  const cdp = await context.newCDPSession(page);
  await acts.composer(page).focus();
  await page.keyboard.insertText("안녕하세");
  await cdp.send("Input.imeSetComposition", { text: "요", selectionStart: 1, selectionEnd: 1 });
  await page.getByRole("button", { name: "Send" }).click();
  await acts.sent(page, "안녕하세요").waitFor();
  expect(await acts.composer(page).inputValue()).toBe("");
  expect(await focused(page)).toBe("Message");
});

test("a press that begins inside of a dialog does not close it, one outside does", async () => {
  const { page } = ann;
  await page.getByRole("button", { name: "Settings" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("heading").hover();
  await page.mouse.down();
  await page.mouse.move(5, 5);
  await page.mouse.up();
  await page.waitForTimeout(200);
  expect(await dialog.isVisible()).toBe(true);
  await page.mouse.click(5, 5);
  await dialog.waitFor({ state: "detached" });
});

test("after midnight, today is yesterday", async () => {
  const { page } = ann;
  await acts.log(page).getByText("Today").first().waitFor();
  await page.evaluate<void>(`(() => {
    const { now } = Date;
    Date.now = () => now.call(Date) + 86_400_000;
    dispatchEvent(new Event("focus"));
  })()`);
  await acts.log(page).getByText("Yesterday").first().waitFor();
  await acts.entryOf(page, names.ben).getByText("Yesterday").waitFor();
  await page.reload();
});

describe("on a phone", () => {
  let page: Page;
  const back = () => page.getByRole("link", { name: "Back to the conversations" }).click();

  beforeAll(async () => {
    page = await openPage(ben.context, gateA(server));
    await page.setViewportSize({ width: 390, height: 844 });
  });

  test("Back leads to the list, at where one came from, and leaves nothing behind", async () => {
    const before = await page.evaluate<number>("history.length");
    await acts.open(page, names.ann);
    const address = page.url();
    await back();
    await acts.entryOf(page, names.ann).waitFor();
    await page.waitForTimeout(200);
    expect(await page.evaluate<string>("document.activeElement.href")).toBe(address);
    await acts.open(page, names.ann);
    await back();
    await acts.entryOf(page, names.ann).waitFor();
    expect(await page.evaluate<number>("history.length")).toBe(before + 1);
  });

  test("who came to a conversation by its address does not come into it again", async () => {
    await acts.open(page, names.ann);
    const chat = await openPage(ben.context, page.url());
    await chat.setViewportSize({ width: 390, height: 844 });
    await acts.composer(chat).waitFor();
    await chat.getByRole("link", { name: "Back to the conversations" }).click();
    await acts.entryOf(chat, names.ann).waitFor();
    await chat.goBack().catch(() => null);
    expect(chat.url()).not.toContain("#/chat");
  });
});
