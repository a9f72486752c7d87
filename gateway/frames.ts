import type { Message } from "../services/chat/chat.contract.ts";
import { content, id, name, profile } from "../services/common/rules.ts";
import { reads, writes, type Frames, type Sender } from "./frame-row.ts";
import * as v1 from "./protocol-v1.frames.ts";

const ok = () => [{ type: "ok", payload: null }];
const relation = { payload: { name }, reply: ok } as const;
const change = { position: (message: Message) => message };
const asAuthor = ({ userId, nonce }: Sender, chatId: string) => ({
  ...{ userId, nonce },
  peerId: v1.peerOf(chatId, userId),
});
const byName = ({ name: target }: { name: string }, sender: Sender) => ({ ...sender, name: target });

/**
 * Protocol v1: what a client can reach, and nothing else. `heartbeat` and `auth` concern the socket itself
 * (session.ts).
 */
export const framesV1 = {
  user: reads({
    action: "users.get",
    payload: { id: { ...id, optional: true }, name: { ...name, optional: true } },
    params: (wanted) => wanted,
    reply: (user) => [{ type: "user", payload: user }],
  }),
  "user/profile": writes({
    action: "users.setProfile",
    payload: { profile },
    params: (wanted, { userId, origin, nonce: once }) => ({ ...wanted, id: userId, origin, nonce: once }),
    reply: (user) => [{ type: "user", payload: user }],
  }),
  "chat/send": writes({
    action: "chat.send",
    ...change,
    payload: { chat_id: v1.chatId, content: { ...content, min: 0 } },
    params: ({ chat_id, content: text }, sender) =>
      text === "" ? null : { ...asAuthor(sender, chat_id), content: text },
    reply: (message) => [v1.chatFrame("send", message)],
  }),
  "chat/edit": writes({
    action: "chat.edit",
    ...change,
    payload: { chat_id: v1.chatId, id, content },
    params: ({ chat_id, id: messageId, content: text }, sender) => ({
      ...asAuthor(sender, chat_id),
      messageId,
      content: text,
    }),
    reply: (message) => [v1.chatFrame("edit", message)],
  }),
  "chat/delete": writes({
    action: "chat.delete",
    ...change,
    payload: { chat_id: v1.chatId, id },
    params: ({ chat_id, id: messageId }, sender) => ({
      ...asAuthor(sender, chat_id),
      messageId,
    }),
    reply: (message) => [v1.chatFrame("edit", message)],
  }),
  "load/chat": reads({
    action: "chat.history",
    payload: {
      load_id: v1.chatId,
      datetime: { type: "string", max: 64 },
      count: { type: "number", integer: true, min: 1, max: 100 },
    },
    params: ({ load_id, datetime, count }, { userId }) => ({
      userId,
      peerId: v1.peerOf(load_id, userId),
      before: v1.momentOf(datetime),
      limit: count,
    }),
    reply: (messages) => messages.map((message) => v1.chatFrame("send", message)),
  }),
  "load/mutual_users": reads({
    action: "friends.overview",
    payload: {},
    params: (_, { userId }) => ({ userId }),
    reply: ({ friends }) => [{ type: "mutual_users", payload: friends }],
  }),
  "mutual_users/request": writes({ action: "friends.request", ...relation, params: byName }),
  "mutual_users/response": writes({ action: "friends.accept", ...relation, params: byName }),
  "mutual_users/remove": writes({ action: "friends.remove", ...relation, params: byName }),
  "mutual_users/delete": writes({ action: "friends.end", ...relation, params: byName }),
} satisfies Frames;
