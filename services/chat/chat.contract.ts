import { contract, type Parsed, type Rule, type Rules } from "../common/contract.ts";
import { content, id, nonce } from "../common/rules.ts";

/** Microseconds since 1970, UTC. */
const moment = { type: "number", integer: true } as const satisfies Rule;

const seq = { type: "number", integer: true, min: 0 } as const satisfies Rule;

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
  content: { ...content, min: 0 },
  /** Rises with `id` and with the `seq` of sends; no two in a conversation are equal. */
  createdAt: moment,
  editedAt: { ...moment, nullable: true },
  deleted: { type: "boolean" },
} as const satisfies Rules;
export type Message = Parsed<typeof message>;

const result = { type: "object", props: message } as const;

/** Cursors in one answer. */
export const CURSORS = 1_000;

export const chat = contract({
  name: "chat",
  actions: {
    send: {
      description:
        "Sends to the direct conversation with `peerId`. After this resolves the message is on disk. " +
        "Takes effect once for each author and nonce, for good.",
      params: { userId: id, peerId: id, content, nonce },
      result,
    },
    edit: {
      description: "Replaces the content of a message of one's own.",
      params: { userId: id, peerId: id, messageId: id, content, nonce },
      result,
    },
    delete: {
      description: "Deletes a message of one's own; its content is gone from the store.",
      params: { userId: id, peerId: id, messageId: id, nonce },
      result,
    },
    history: {
      description: "The newest messages strictly before a moment, oldest first, deleted ones left out.",
      params: {
        userId: id,
        peerId: id,
        before: moment,
        limit: { type: "number", integer: true, min: 1, max: 100 },
      },
      result: { type: "array", items: result },
    },
    cursors: {
      description: "How far each conversation of a user has come, by rising id, CURSORS at a time.",
      params: { userId: id, after: { ...id, optional: true } },
      result: { type: "array", items: { type: "object", props: { conversationId: id, lastSeq: seq } } },
    },
    changes: {
      description:
        "What happened in a conversation after a position, in order: each message that was changed, once, as it " +
        "now stands. With `upTo` the caller knows all that happened up to there; `complete`: and that is all.",
      params: {
        userId: id,
        conversationId: id,
        after: seq,
        limit: { type: "number", integer: true, min: 1, max: 100 },
      },
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
  },
});
