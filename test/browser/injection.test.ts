import { beforeAll, describe, expect, test } from "@jest/globals";
import { gateA, register, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { onlineAs } from "../sdk/clients.ts";
import * as acts from "./acts.ts";
import { openDevice, type Device } from "./browser.ts";

/** Somebody who means harm talks to somebody who uses the client: what they say is shown, and never runs. */
let server: Server;
let victim: Device;
let account: acts.Account;
let attacker: Person;

const RUN = "window.hacked=1";
/** 32 characters at most. */
const NAME = "<img src=x onerror=hacked=1>";
const CONTENTS = [
  `<script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `<svg/onload=${RUN}>`,
  `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`,
  `"><a href="javascript:${RUN}">click</a>`,
  `javascript:${RUN}`,
  `https://example.com/"onmouseover="${RUN}`,
  `https://example.com/<script>${RUN}</script>`,
  `http://javascript:${RUN}`,
  `data:text/html,<script>${RUN}</script>`,
  `{{constructor.constructor('${RUN}')()}}`,
  `\${${RUN}}`,
  `[click](javascript:${RUN})`,
  `</textarea><script>${RUN}</script>`,
  `<style>body{display:none}</style>`,
  `<base href="https://example.com/">`,
  `<meta http-equiv="refresh" content="0;url=https://example.com/">`,
  "\u202Egnp.exe\u202C \u2066hidden\u2069",
  `${"\u0301".repeat(500)}a`,
  "x".repeat(2_000),
];

beforeAll(async () => {
  server = await startServer();
  attacker = await register(server, NAME);
  victim = await openDevice(gateA(server));
  account = await acts.signUp(server, victim);
  const client = await onlineAs(gateA(server), attacker);
  await client.setProfile("https://example.invalid/x.png?javascript:window.hacked=1");
  await client.requestFriend(account.name);
  const me = await client.user({ name: account.name });
  for (const content of CONTENTS) await client.send({ user_id: me.id }, content);
  client.close();
});

const isHacked = () => victim.page.evaluate<boolean>(`"hacked" in window`);

describe("what a stranger calls themselves and says", () => {
  test("is text in the list, in the requests and in the conversation", async () => {
    const { page } = victim;
    await acts.goToFriends(page);
    await page.getByRole("button", { name: `Accept ${attacker.name}` }).click();
    await acts.talkTo(page, attacker.name);
    await page.getByText("x".repeat(2_000)).first().waitFor();
    expect(await page.getByText(attacker.name).count()).toBeGreaterThan(0);
    await acts.log(page).hover();
    for (let up = 0; up < 30; up++) await page.mouse.wheel(0, -300);
    await acts.message(page, "<script>window.hacked").first().waitFor();
    expect(
      await page.locator("[onerror], [onload], [onmouseover], main script, main iframe, main base").count(),
    ).toBe(0);
    const links = await acts
      .log(page)
      .getByRole("link")
      .evaluateAll((all) => all.map((it) => it.getAttribute("href")));
    for (const link of links) expect(link).toMatch(/^https?:\/\/(example\.com|javascript)/);
    expect(await isHacked()).toBe(false);
  });

  test("cannot push the page aside", async () => {
    const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    expect(await victim.page.evaluate(overflow)).toBe(0);
    await victim.page.setViewportSize({ width: 360, height: 640 });
    expect(await victim.page.evaluate(overflow)).toBe(0);
  });

  test("stays text when it is edited and when it is one's own", async () => {
    const { page } = victim;
    await page.setViewportSize({ width: 1280, height: 800 });
    await acts.say(page, `mine <img src=x onerror="${RUN}">`);
    await acts.sent(page, "mine <img").waitFor();
    await acts.edit(page, "mine <img", `better <svg/onload=${RUN}>`);
    await acts.message(page, "better <svg").getByText("edited").waitFor();
    expect(await isHacked()).toBe(false);
  });
});

test("a page that names a script in its address runs none", async () => {
  for (const hash of [`#/chat/"><img src=x onerror=${RUN}>`, `#/chat/__proto__`, `#javascript:${RUN}`]) {
    await victim.page.goto(`${gateA(server)}/?q=<script>${RUN}</script>${hash}`);
    await acts.conversations(victim.page).waitFor();
    expect(await isHacked()).toBe(false);
  }
});

test("even markup that got into the page would not run: the browser is told so", async () => {
  const { headers } = await fetch(gateA(server));
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy).not.toContain("unsafe");
  const planted = await victim.page.evaluate<string>(`(() => {
    try {
      document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.hacked=1'>");
      return "inserted";
    } catch (error) {
      return error.name;
    }
  })()`);
  expect(planted).toBe("TypeError");
});
