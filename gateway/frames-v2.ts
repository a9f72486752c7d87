import { seq, type Message } from "../services/chat/chat.contract.ts";
import type { ResultOf } from "../services/common/bus.ts";
import { fault } from "../services/common/errors.ts";
import { content, id, name, nonce as nonceRule, profile, type User } from "../services/common/rules.ts";
import { reads, writes, type Frames, type Sender } from "./frame-row.ts";
import { messageOf, type Said } from "./protocol-v2.frames.ts";

const optionalId = { ...id, optional: true } as const;
const nonce = { ...nonceRule, pattern: /^[^~]/, optional: true } as const;
const chatId = { chat_id: id } as const;
const count = { type: "number", integer: true, min: 1, max: 100, default: 50 } as const;

type Naming = { chat_id?: string; user_id?: string };
function target({ chat_id, user_id }: Naming, { userId }: Sender) {
  if ((chat_id === undefined) === (user_id === undefined))
    throw fault("INVALID", "chat_id: is required, or user_id in its place.");
  return chat_id === undefined ? { userId, peerId: user_id } : { userId, conversationId: chat_id };
}
/** A client's own nonce, that it may say the same again; else this frame's. */
const named = (wanted: { nonce?: string }, sender: Sender) => ({ nonce: wanted.nonce ?? sender.nonce });

/** The one reply, and what it is called in `said`. */
const answer = <T extends keyof Said, R>(answers: T, payloadOf: (result: R, sender: Sender) => Said[T]) => ({
  answers,
  reply: (result: R, sender: Sender) => [
    { type: answers.split("/")[0] ?? answers, payload: payloadOf(result, sender) },
  ],
});
const done = { answers: "ok", reply: () => [{ type: "ok", payload: null }] } as const;
const changed = (type: Said["chat"]["type"]) => ({
  ...answer("chat", (message: Message, { userId }) => ({ type, message: messageOf(message, userId) })),
  position: (message: Message) => message,
  nonce: (wanted: { nonce?: string }) => wanted.nonce,
});
const relation = {
  payload: { name },
  params: ({ name: target_ }: { name: string }, sender: Sender) => ({ ...sender, name: target_ }),
  ...done,
};

/** Protocol v2: what a client can reach, and nothing else. `heartbeat`, `auth` and `sync` concern the socket itself. */
export const framesV2 = {
  "chat/send": writes({
    action: "chat.send",
    payload: { chat_id: optionalId, user_id: optionalId, content, nonce },
    params: (wanted, sender) => ({
      ...target(wanted, sender),
      ...named(wanted, sender),
      content: wanted.content,
    }),
    ...changed("send"),
  }),
  "chat/edit": writes({
    action: "chat.edit",
    payload: { ...chatId, id, content, nonce },
    params: (wanted, sender) => ({
      ...target(wanted, sender),
      ...named(wanted, sender),
      ...{ messageId: wanted.id, content: wanted.content },
    }),
    ...changed("edit"),
  }),
  "chat/delete": writes({
    action: "chat.delete",
    payload: { ...chatId, id, nonce },
    params: (wanted, sender) => ({
      ...target(wanted, sender),
      ...named(wanted, sender),
      messageId: wanted.id,
    }),
    ...changed("delete"),
  }),
  "load/chat": reads({
    action: "chat.page",
    payload: { ...chatId, before: { ...seq, optional: true }, after: { ...seq, optional: true }, count },
    params({ before, after, count: limit, ...wanted }, sender) {
      if (before !== undefined && after !== undefined)
        throw fault("INVALID", "before, after: one at a time.");
      return { ...target(wanted, sender), ...{ before, after, limit } };
    },
    ...answer(
      "load/chat",
      ({ conversationId, messages, before, after }: ResultOf<"chat.page">, { userId }) => ({
        type: "chat",
        chat_id: conversationId,
        messages: messages.map((message) => messageOf(message, userId)),
        ...{ before, after },
      }),
    ),
  }),
  "load/chats": reads({
    action: "chat.list",
    payload: { before: { type: "string", max: 64, pattern: /^\d+\.\d+$/, optional: true } },
    params: ({ before }, { userId }) => ({ userId, before }),
    ...answer("load/chats", ({ chats, before }: ResultOf<"chat.list">, { userId }) => ({
      type: "chats",
      chats: chats.map(({ conversationId, peer, lastMessage, lastSeq, readSeq, unread }) => ({
        chat_id: conversationId,
        ...{ peer, unread, last_seq: lastSeq, read_seq: readSeq },
        last_message: messageOf(lastMessage, userId),
      })),
      before,
    })),
  }),
  "load/friends": reads({
    action: "friends.overview",
    payload: {},
    params: (_, { userId }) => ({ userId }),
    ...answer("load/friends", ({ friends, requests }: ResultOf<"friends.overview">) => ({
      type: "friends",
      ...{ friends, requests },
    })),
  }),
  read: writes({
    action: "chat.read",
    payload: { ...chatId, seq },
    params: (wanted, sender) => ({
      ...target(wanted, sender),
      ...{ seq: wanted.seq, origin: sender.origin },
    }),
    ...answer("read", ({ conversationId, seq: at, unread }: ResultOf<"chat.read">) => ({
      chat_id: conversationId,
      ...{ seq: at, unread },
    })),
  }),
  typing: reads({ action: "chat.typing", payload: chatId, params: target, ...done }),
  user: reads({
    action: "users.get",
    payload: { id: optionalId, name: { ...name, optional: true } },
    params: (wanted) => wanted,
    ...answer("user", (user: User) => user),
  }),
  "user/profile": writes({
    action: "users.setProfile",
    payload: { profile },
    params: (wanted, { userId, origin, nonce: once }) => ({ ...wanted, id: userId, origin, nonce: once }),
    ...answer("user", (user: User) => user),
  }),
  "mutual_users/request": writes({ action: "friends.request", ...relation }),
  "mutual_users/response": writes({ action: "friends.accept", ...relation }),
  "mutual_users/remove": writes({ action: "friends.remove", ...relation }),
  "mutual_users/delete": writes({ action: "friends.end", ...relation }),
} satisfies Frames;
