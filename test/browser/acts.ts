import type { Locator, Page } from "playwright-core";
import { uniqueName, verificationLink, PASSWORD, type Person } from "../support/people.ts";
import type { Server } from "../support/server.ts";
import { openPage, type Device } from "./browser.ts";

/** What people do in the client, by what they see and a screen reader says. */

export type Account = Pick<Person, "name" | "email" | "password">;

/** From the first page to the list of conversations, with the link in the mail. */
export async function signUp(
  server: Server,
  { page, context }: Device,
  name = uniqueName(),
): Promise<Account> {
  const account = { name, email: `${uniqueName()}@example.com`, password: PASSWORD };
  await page.getByRole("heading", { level: 1, name: "Welcome to REWIND" }).waitFor();
  await page.getByText("Create an account", { exact: true }).click();
  await page.getByLabel("Name", { exact: true }).fill(account.name);
  await page.getByLabel("Email", { exact: true }).fill(account.email);
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Check your mail" }).waitFor();
  const mail = await openPage(context, await verificationLink(server, account.email));
  await mail.getByRole("heading", { name: "Your account is ready" }).waitFor();
  await mail.close();
  await page.getByRole("button", { name: "I have confirmed it" }).click();
  await conversations(page).waitFor();
  return account;
}

export async function logIn({ page }: Pick<Device, "page">, { email, password }: Account): Promise<void> {
  await page.getByText("Log in", { exact: true }).first().click();
  await page.getByLabel("Email", { exact: true }).fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Log in" }).last().click();
  await conversations(page).waitFor();
}

export const conversations = (page: Page) => page.getByRole("navigation", { name: "Conversations" });
export const entryOf = (page: Page, name: string) =>
  conversations(page).getByRole("listitem").filter({ hasText: name });
export const goToFriends = (page: Page) => page.getByText("Friends", { exact: true }).first().click();

/** `asker` asks, `other` accepts; both see it. */
export async function befriend(
  asker: Page,
  other: Page,
  names: { asker: string; other: string },
): Promise<void> {
  await goToFriends(asker);
  await goToFriends(other);
  await asker.getByLabel("Friend's name").fill(names.other);
  await asker.getByRole("button", { name: "Send request" }).click();
  await other.getByRole("button", { name: `Accept ${names.asker}` }).click();
  await asker.getByRole("button", { name: `Message ${names.other}` }).waitFor();
  await other.getByRole("button", { name: `Message ${names.asker}` }).waitFor();
}

/** Two who have just signed up, and are friends; `ann` and `ben` are what their names begin with. */
export async function signUpFriends(
  server: Server,
  ann: Device,
  ben: Device,
): Promise<{ ann: string; ben: string }> {
  const first = await signUp(server, ann, uniqueName("ann"));
  const second = await signUp(server, ben, uniqueName("ben"));
  await befriend(ann.page, ben.page, { asker: first.name, other: second.name });
  return { ann: first.name, ben: second.name };
}

export const talkTo = async (page: Page, name: string): Promise<void> => {
  await goToFriends(page);
  await page.getByRole("button", { name: `Message ${name}` }).click();
  await composer(page).waitFor();
};
export const open = async (page: Page, name: string): Promise<void> => {
  await entryOf(page, name).getByRole("link").or(entryOf(page, name).getByRole("button")).first().click();
  await composer(page).waitFor();
};

export const composer = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });
export async function say(page: Page, content: string): Promise<void> {
  await composer(page).fill(content);
  await composer(page).press("Enter");
}

export const log = (page: Page) => page.getByRole("log", { name: "Messages" });
export const messages = (page: Page) => log(page).getByRole("article");
export const message = (page: Page, content: string): Locator => messages(page).filter({ hasText: content });
/** Acknowledged by the server. */
export const sent = (page: Page, content: string): Locator =>
  message(page, content).and(page.locator('[data-state="sent"]'));
export const pending = (page: Page) => messages(page).and(page.locator('[data-state="pending"]'));

export async function edit(page: Page, content: string, better: string): Promise<void> {
  await message(page, content).hover();
  await message(page, content).getByRole("button", { name: "Edit message" }).click();
  await page.getByRole("textbox", { name: "Edit message text" }).fill(better);
  await page.getByRole("button", { name: "Save" }).click();
}
export async function remove(page: Page, content: string): Promise<void> {
  await message(page, content).hover();
  await message(page, content).getByRole("button", { name: "Delete message" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
}
