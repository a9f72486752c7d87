import { contract, type Parsed, type Rule, type Rules } from "../common/contract.ts";
import { content, id, nonce, origin } from "../common/rules.ts";

/** Microseconds since 1970, UTC. */
const moment = { type: "number", integer: true } as const satisfies Rule;

/** A message as it now stands; a deleted one has no content. */
export const message = {
  id,
  /** Both members of the direct conversation, the smaller id first. */
  members: { type: "array", items: id },
  /** Position of the message's last change among all changes of its conversation; contiguous from 1. */
  seq: { type: "number", integer: true },
  authorId: id,
  content: { ...content, min: 0 },
  /** Rises with `id` and with the `seq` of sends; no two in a conversation are equal. */
  createdAt: moment,
  editedAt: { ...moment, nullable: true },
  deleted: { type: "boolean" },
} as const satisfies Rules;
export type Message = Parsed<typeof message>;

const result = { type: "object", props: message } as const;

export const chat = contract({
  name: "chat",
  actions: {
    send: {
      description:
        "Sends to the direct conversation with `peerId`. After this resolves the message is on disk. " +
        "Takes effect once for each author and nonce, for good.",
      params: { userId: id, peerId: id, content, nonce, origin },
      result,
    },
    edit: {
      description: "Replaces the content of a message of one's own.",
      params: { userId: id, peerId: id, messageId: id, content, nonce, origin },
      result,
    },
    delete: {
      description: "Deletes a message of one's own; its content is gone from the store.",
      params: { userId: id, peerId: id, messageId: id, nonce, origin },
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
  },
  events: {},
  pushes: {
    /** To both members, after commit. `origin` names the socket that asked for the change. */
    "message.changed": {
      change: { type: "enum", values: ["sent", "edited", "deleted"] },
      message: result,
      origin,
    },
  },
});
