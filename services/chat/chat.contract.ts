import { contract, type Parsed, type Rule, type Rules } from "../common/contract.ts";
import { content, id, nonce, origin, user } from "../common/rules.ts";

/** Microseconds since 1970, UTC. */
const moment = { type: "number", integer: true } as const satisfies Rule;
export const seq = { type: "number", integer: true, min: 0 } as const satisfies Rule;
const limit = { type: "number", integer: true, min: 1, max: 100 } as const satisfies Rule;

/** A message as it now stands; a deleted one has no content. */
export const message = {
  id,
  conversationId: id,
  /** Both members of the direct conversation, the smaller id first. */
  members: { type: "array", items: id },
  /** Position of the message's last change among all changes of its conversation; contiguous from 1. */
  seq,
  /** Position of its first one, the send: below `seq` once it was edited or deleted. */
  sentSeq: seq,
  authorId: id,
  /** What its author sent it with. */
  nonce,
  content: { ...content, min: 0 },
  /** Rises with `id` and with `sentSeq`; no two in a conversation are equal. */
  createdAt: moment,
  editedAt: { ...moment, nullable: true },
  deleted: { type: "boolean" },
} as const satisfies Rules;
export type Message = Parsed<typeof message>;

const result = { type: "object", props: message } as const;
const messages = { type: "array", items: result } as const;

/** Who asks, and of which conversation: by its id, or, where that need not exist, by the other member. */
const target = {
  userId: id,
  conversationId: { ...id, optional: true },
  peerId: { ...id, optional: true },
} as const;
const place = { conversationId: id, seq } as const;

/** Cursors in one answer. */
export const CURSORS = 1_000;
/** Chats in one answer. */
export const CHATS = 100;
/** Of so many last changes of a conversation the unread messages are counted. */
export const UNREAD_WINDOW = 100;

/** Messages in one run. */
export const RUN = 16;

export const chat = contract({
  name: "chat",
  actions: {
    send: {
      together: true,
      description:
        "Sends. The message is on disk before this is answered. Takes effect once for each author and nonce, for good.",
      params: { ...target, content, nonce },
      result,
    },
    sendRun: {
      together: true,
      description:
        "Sends several messages to one conversation, in their order. As `send` for each; null for one whose nonce was used " +
        "for something else. Where it fails none is stored, or, with UNKNOWN, perhaps the first ones.",
      params: {
        ...target,
        drafts: { type: "array", max: RUN, items: { type: "object", props: { content, nonce } } },
      },
      result: { type: "array", items: { ...result, nullable: true } },
    },
    edit: {
      together: true,
      description:
        "Replaces the content of a message of one's own; once for each author and nonce, for good.",
      params: { ...target, messageId: id, content, nonce },
      result,
    },
    delete: {
      together: true,
      description:
        "Deletes a message of one's own, and its content from the store; once for each author and nonce, for good.",
      params: { ...target, messageId: id, nonce },
      result,
    },
    history: {
      description: "The newest messages strictly before a moment, oldest first, deleted ones left out.",
      params: { ...target, before: moment, limit },
      result: messages,
    },
    page: {
      description:
        "Messages by rising `sentSeq`, deleted ones left out: the newest, or those next to a `sentSeq`. `before` and " +
        "`after` are where to go on, null at an end.",
      params: { ...target, before: { ...seq, optional: true }, after: { ...seq, optional: true }, limit },
      result: {
        type: "object",
        props: {
          conversationId: id,
          messages,
          before: { ...seq, nullable: true },
          after: { ...seq, nullable: true },
        },
      },
    },
    list: {
      description:
        `A user's conversations by their last message, the newest first, ${CHATS} at a time. ` +
        "`unread` counts others' messages above `readSeq`, among the last " +
        `${UNREAD_WINDOW} changes.`,
      params: { userId: id, before: { type: "string", max: 64, optional: true } },
      result: {
        type: "object",
        props: {
          chats: {
            type: "array",
            items: {
              type: "object",
              props: {
                conversationId: id,
                peer: { type: "object", props: user },
                lastMessage: result,
                lastSeq: seq,
                readSeq: seq,
                unread: seq,
              },
            },
          },
          before: { type: "string", nullable: true },
        },
      },
    },
    read: {
      together: true,
      description: "Says that a user has seen all up to a `sentSeq`; what was seen stays seen.",
      params: { ...target, seq, origin },
      result: { type: "object", props: { ...place, unread: seq } },
    },
    typing: {
      together: true,
      description: "Tells the other member that somebody types. Kept nowhere.",
      params: target,
      result: null,
    },
    cursors: {
      together: true,
      description: "How far each conversation of a user has come, by rising id, CURSORS at a time.",
      params: { userId: id, after: { ...id, optional: true } },
      result: { type: "array", items: { type: "object", props: { conversationId: id, lastSeq: seq } } },
    },
    changes: {
      together: true,
      description:
        "What happened in a conversation after a position, in order: each message that was changed, once, as it " +
        "now stands. With `upTo` the caller knows all that happened up to there; `complete`: and that is all.",
      params: { userId: id, conversationId: id, after: seq, limit },
      result: {
        type: "object",
        props: {
          changes: { type: "array", items: { type: "object", props: { message: result, nonce } } },
          upTo: seq,
          complete: { type: "boolean" },
        },
      },
    },
  },
  events: {},
  pushes: {
    /** To both members, after commit. `nonce` is that of the change, chosen by the message's author. */
    "message.changed": {
      change: { type: "enum", values: ["sent", "edited", "deleted"] },
      message: result,
      nonce,
    },
    /** To both members, where a process may have died before it could say what it committed: look for it. */
    "conversation.moved": place,
    /** To the one who read. */
    "read.moved": { ...place, unread: seq, origin },
    /** To the other member. */
    "member.typing": { conversationId: id, userId: id },
  },
});
