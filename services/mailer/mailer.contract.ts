import { contract, type Rule, type Rules } from "../common/contract.ts";
import { email, newName } from "../common/rules.ts";

const moment = { type: "number", integer: true } as const satisfies Rule;
const mail = {
  id: { type: "string" },
  recipient: { type: "string" },
  subject: { type: "string" },
  text: { type: "string" },
  html: { type: "string" },
  state: { type: "enum", values: ["queued", "sent", "failed"] },
  attempts: { type: "number", integer: true },
  lastError: { type: "string", nullable: true },
  createdAt: moment,
} as const satisfies Rules;

export const mailer = contract({
  name: "mailer",
  actions: {
    send: {
      description:
        "Queues a mail: after this resolves it is on disk, and is sent, or visibly given up, by whichever mailer " +
        "runs next. Idempotent by `key`.",
      params: {
        key: { type: "string", min: 1, max: 64 },
        to: email,
        template: { type: "enum", values: ["verify", "alreadyRegistered"] },
        name: newName,
        link: { type: "string", max: 1024, pattern: /^https?:\/\/\S+$/ },
      },
      result: null,
    },
    queue: {
      description: "How many mails wait, were sent, were given up.",
      params: {},
      result: {
        type: "object",
        props: { queued: { type: "number" }, sent: { type: "number" }, failed: { type: "number" } },
      },
    },
    mailbox: {
      description: "The newest mails of the development mailbox. NOT_FOUND unless mail is kept in it.",
      params: { limit: { type: "number", integer: true, min: 1, max: 100, default: 50 } },
      result: { type: "array", items: { type: "object", props: mail } },
    },
    retry: {
      description: "Puts every mail that was given up back in the queue; says how many.",
      params: {},
      result: { type: "number" },
    },
  },
  events: {},
  pushes: {},
});
