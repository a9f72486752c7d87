import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { gateA } from "../support/people.ts";
import { seriousFindings } from "../support/axe.ts";
import { startServer, type Server } from "../support/server.ts";
import * as acts from "./acts.ts";
import { openDevice, openPage, type Device } from "./browser.ts";

/** Every page, in both colour schemes: no finding of axe-core that is serious or worse. And all of it by keyboard. */
let server: Server;
let ann: Device, ben: Device;
let names: { ann: string; ben: string };

beforeAll(async () => {
  server = await startServer();
  // Of the test, and not of the page, whose policy takes no script from anywhere: hence past it.
  const options = { bypassCSP: true } as const;
  ann = await openDevice(gateA(server), options);
  ben = await openDevice(gateA(server), options);
  names = await acts.signUpFriends(server, ann, ben);
  await acts.talkTo(ann.page, names.ben);
  await acts.say(ann.page, "hello https://example.com");
  await acts.say(ann.page, "to be deleted");
  await acts.sent(ann.page, "to be deleted").waitFor();
  await acts.remove(ann.page, "to be deleted");
}, 60_000);

const inBoth = (what: string, prepare: () => Promise<Page>) =>
  test.each(["light", "dark"] as const)(`${what}, %s`, async (colorScheme) => {
    const page = await prepare();
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    expect(await seriousFindings(page)).toEqual([]);
  });

describe("no serious finding in", () => {
  inBoth("the first page and its forms", async () => {
    const { page } = await openDevice(gateA(server), { bypassCSP: true });
    await page.getByText("Create an account", { exact: true }).click();
    return page;
  });
  inBoth("a conversation", async () => {
    await acts.open(ann.page, names.ben);
    return ann.page;
  });
  inBoth("the friends", async () => {
    await acts.goToFriends(ben.page);
    return ben.page;
  });
  inBoth("the settings", async () => {
    const page = await openPage(ben.context, gateA(server));
    await page.getByRole("button", { name: "Settings" }).click();
    return page;
  });
  inBoth("a phone", async () => {
    const page = await openPage(ben.context, gateA(server));
    await page.setViewportSize({ width: 390, height: 844 });
    await acts.open(page, names.ann);
    return page;
  });
  inBoth("the documents", async () => openPage(ben.context, `${gateA(server)}/docs/`));
});

test("without a mouse: to a conversation, a message, its edit and back", async () => {
  const { page } = ann;
  await acts.conversations(page).waitFor();
  const entry = acts
    .entryOf(page, names.ben)
    .getByRole("link")
    .or(acts.entryOf(page, names.ben).getByRole("button"));
  await entry.first().focus();
  await page.keyboard.press("Enter");
  await page.keyboard.type("typed"); // the focus is where one writes
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("in two lines");
  await page.keyboard.press("Enter");
  await acts.sent(page, "in two lines").waitFor();
  await page.keyboard.press("ArrowUp");
  await page.getByRole("textbox", { name: "Edit message text" }).waitFor();
  await page.keyboard.type(", edited");
  await page.keyboard.press("Enter");
  await acts.message(page, "in two lines, edited").getByText("edited", { exact: false }).first().waitFor();
  await page.keyboard.type("back"); // and is there again
  expect(await acts.composer(page).inputValue()).toBe("back");
});

test("a screen reader is told of new messages, and of the connection", async () => {
  const { page } = ann;
  expect(await acts.log(page).getAttribute("aria-live")).toBe("off"); // its rows come and go
  await acts.open(page, names.ben);
  await acts.open(ben.page, names.ann);
  await page.evaluate<void>(`(() => {
    window.told = [];
    const region = document.querySelector('.announcer[aria-live="polite"]');
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) for (const node of addedNodes) told.push(node.textContent);
    }).observe(region, { childList: true, subtree: true, characterData: true });
  })()`);
  const told = () => page.evaluate<string[]>("told");
  for (const text of ["first news", "second news"]) {
    await acts.say(ben.page, text);
    await acts.sent(page, text).waitFor();
    await page.locator(".announcer").getByText(text).waitFor();
  }
  await acts.say(page, "of my own");
  await acts.sent(page, "of my own").waitFor();
  await acts.log(page).hover();
  await page.mouse.wheel(0, -2_000);
  await page.mouse.wheel(0, 2_000);
  await page.waitForTimeout(500); // nothing more is told
  expect(await told()).toEqual([`${names.ben}: first news`, `${names.ben}: second news`]);
  await ann.context.setOffline(true);
  await page
    .getByRole("status")
    .filter({ hasText: /Offline|Reconnecting/ })
    .waitFor({ timeout: 40_000 });
  await ann.context.setOffline(false);
});
