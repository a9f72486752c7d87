import type { ActionName, InputOf, ResultOf } from "../services/common/bus.ts";
import type { Parsed, Rules } from "../services/common/contract.ts";
import type { Message } from "../services/chat/chat.contract.ts";
import { content, id, name, profile } from "../services/common/rules.ts";
import { wireChecker, type Complaint } from "../services/common/validate.ts";
import type { Position } from "./feed.ts";
import type { Outgoing } from "./protocol.ts";
import * as v1 from "./protocol-v1.frames.ts";

/** Who sent a frame. `nonce` is new for each frame; `origin` names the socket. */
export type Sender = { userId: string; origin: string; nonce: string };

/** One thing a client may ask for: the shape of its payload, the action it becomes, the frames that answer it. */
export type FrameRow = {
  /** Whether it may change anything; decides what is said when its outcome is not known. */
  writes: boolean;
  action: ActionName;
  check(payload: object): Complaint[];
  /** Null: the frame is to be ignored. */
  params(payload: never, sender: Sender): object | null;
  reply(result: never, sender: Sender): Outgoing[];
  /** Of a change that others hear of too: the reply has its place among what they hear. */
  position?(result: never): Position;
};
export type Frames = Readonly<Record<string, FrameRow>>;

type Row<A extends ActionName, P extends Rules> = {
  action: A;
  payload: P;
  params(payload: Parsed<P>, sender: Sender): InputOf<A> | null;
  reply(result: ResultOf<A>, sender: Sender): Outgoing[];
  position?(result: ResultOf<A>): Position;
};
const reads = <A extends ActionName, const P extends Rules>({ payload, ...row }: Row<A, P>): FrameRow => ({
  ...row,
  writes: false,
  check: wireChecker(payload),
});
const writes = <A extends ActionName, const P extends Rules>(row: Row<A, P>): FrameRow => ({
  ...reads(row),
  writes: true,
});

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
    params: (wanted, { userId, origin }) => ({ ...wanted, id: userId, origin }),
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
