import { setTimeout as pause } from "node:timers/promises";
import type { Chat, Client } from "./client.ts";

export const CREATED_AT = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/;
const PARTS = /^(\d+)-(\d+)-(\d+) (\d+:\d+:\d+)\.(\d+)$/;
export const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A time as the app writes it: month and day unpadded. `fraction` replaces the digits of the fraction. */
export const appTime = (createdAt: string, fraction?: string): string => {
  const [, year, month, day, time, digits] = PARTS.exec(createdAt) ?? [];
  return `${year}-${Number(month)}-${Number(day)} ${time}.${fraction ?? digits}`;
};

/** Korean wall-clock time `ms` from now, as the app writes it (it has milliseconds only). */
export const koreanTime = (ms = 0): string => {
  const iso = new Date(Date.now() + 9 * 3_600_000 + ms).toISOString();
  return appTime(`${iso.slice(0, 10)} ${iso.slice(11, 23)}000`);
};

export const loadFrame = (chatId: string, before: string, count: number) => ({
  type: "chat",
  load_id: chatId,
  datetime: base64(before),
  count,
});

/** Asks for a page and reads exactly `expected` messages, no matter how many more come. */
export const loadPage = async (
  client: Client,
  chatId: string,
  before: string,
  count: number,
  expected = count,
) => {
  client.send("load", loadFrame(chatId, before, count));
  const page: Chat[] = [];
  while (page.length < expected) page.push((await client.next("chat")).payload);
  return page;
};

const QUIET_MS = 150;
/** A page of unknown length: up to `count`, or what has come when a later request is answered and all is quiet. */
export const loadSome = async (
  client: Client,
  chatId: string,
  before: string,
  count: number,
): Promise<Chat[]> => {
  const page: Chat[] = [];
  client.send("load", loadFrame(chatId, before, count));
  client.send("load", { type: "mutual_users" });
  await client.next("mutual_users");
  for (let quiet = false; ; quiet = true) {
    const frames = client.drain();
    for (const frame of frames) {
      if (frame.type !== "chat") throw new Error(`not a chat frame: ${JSON.stringify(frame)}`);
      page.push(frame.payload);
    }
    if (page.length >= count || (quiet && frames.length === 0)) return page;
    await pause(QUIET_MS);
  }
};

/** Every message of a conversation, oldest first, walked in pages of 100. */
export const loadAll = async (client: Client, chatId: string): Promise<Chat[]> => {
  const all: Chat[] = [];
  for (let before = koreanTime(60_000); ;) {
    const page = await loadSome(client, chatId, before, 100);
    all.unshift(...page);
    const [oldest] = page;
    if (!oldest || page.length < 100) return all;
    before = appTime(oldest.created_at);
  }
};
