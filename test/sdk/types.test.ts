import { expect, test } from "@jest/globals";
import { connect, type Client, type Entry, type Message } from "../../sdk/src/index.ts";

/** Never called: `tsc` reads it, and fails where a line that must be wrong is not. */
export const wrong = async (client: Client, message: Message, entry: Entry): Promise<unknown[]> => [
  // @ts-expect-error nobody is named
  client.send({}, "hello"),
  // @ts-expect-error ids are strings
  client.send({ chat_id: 5 }, "hello"),
  // @ts-expect-error there is no such event
  client.on("message", () => {}),
  // @ts-expect-error a state is no number
  client.on("state", (state: number) => state),
  // @ts-expect-error the contract has no such field
  message.createdAt,
  // @ts-expect-error a deletion has no content
  entry.type === "delete" && entry.content,
  // @ts-expect-error one needs a token
  connect({ url: "http://localhost:3000" }),
  // @ts-expect-error by id or by name
  client.user({ email: "ann@example.org" }),
];
/** The same, of what must be right. */
export const right = async (client: Client): Promise<(string | number | null)[]> => {
  const { messages, before } = await client.history("3", { count: 10 });
  const { chats } = await client.chats();
  const [chat] = chats;
  const off: () => void = client.on("change", ({ type, message }) => [type, message.edited_at]);
  off();
  return [messages[0]?.content ?? null, before, chat?.unread ?? null, chat?.peer.profile ?? null];
};

test("the types are those of the contracts: npm run check reads this file", () => {
  expect(typeof connect).toBe("function");
});
