import { failureOf } from "../gateway/failures.ts";
import { framesV2 } from "../gateway/frames-v2.ts";
import type { FrameRow } from "../gateway/frame-row.ts";
import { protocolV2 } from "../gateway/protocol-v2.ts";
import { said as payloads } from "../gateway/protocol-v2.frames.ts";
import { contracts } from "../services/contracts.ts";
import { fault, faults, type FaultType } from "../services/common/errors.ts";
import { descriptionOf } from "./descriptions.ts";
import { said, taken, type Schema } from "./json-schema.ts";

type Request = { name: string; payload: Schema; answers: string; description: string };
type Message = { name: string; payload: Schema; examples?: object[] };

const ref = (path: string) => ({ $ref: `#/${path}` });
const slug = (name: string) => name.replaceAll("/", ".");
const REF = { type: "string", maxLength: 64, description: "comes back with the one reply" };

/** One frame. A name such as `load/chats` is the frame's type and what its payload says of itself. */
function frameSchema(name: string, payload: Schema): Schema {
  const [type = "", kind] = name.split("/");
  const inner = kind === undefined || type === "user" ? payload : withKind(payload, kind);
  return {
    type: "object",
    properties: { type: { const: type }, ref: REF, payload: inner },
    required: ["type", "payload"],
  };
}

function withKind(payload: Schema, kind: string): Schema {
  const { properties, required } = payload as { properties: Schema; required: string[] };
  return {
    ...payload,
    properties: { type: { const: kind }, ...properties },
    required: [...new Set(["type", ...required])],
  };
}

/** What the socket itself answers, in no table of actions. */
const own: Request[] = [
  {
    name: "auth",
    payload: taken({ auth: contracts.auth.actions.authenticate.params.token }),
    answers: "auth",
    description: "Binds the socket to the user of a token.",
  },
  {
    name: "sync",
    payload: {
      type: "object",
      properties: { cursors: { type: "object", additionalProperties: { type: "integer", minimum: 0 } } },
    },
    answers: "sync",
    description: "Brings what was missed after the cursors, as `chat` frames, and begins the pushes.",
  },
  { name: "heartbeat", payload: {}, answers: "heartbeat", description: "Comes back as it came." },
];

/** What rows demand besides the form of each field. */
const together: Record<string, Schema> = {
  "chat/send": { oneOf: [{ required: ["chat_id"] }, { required: ["user_id"] }] },
  "load/chat": { not: { required: ["before", "after"] } },
};

const rows: Request[] = Object.entries<FrameRow>(framesV2).map(([name, row]) => ({
  name,
  payload: { ...taken(row.payload), ...together[name] },
  answers: row.answers ?? "ok",
  description: descriptionOf(row.action, row.payload),
}));

/** Of HTTP or of v1 alone: no socket of v2 is told of them. */
const elsewhere = new Set<FaultType>([
  ...(["ORIGIN", "NOT_FOUND", "TOO_LARGE", "NO_HEARTBEAT", "THROTTLED"] as const),
  ...(["NAME_TAKEN", "BAD_LINK", "BAD_CREDENTIALS"] as const),
]);
const errors = (Object.keys(faults) as FaultType[])
  .filter((type) => !elsewhere.has(type))
  .map((type) => ({ name: type, payload: protocolV2.error(failureOf(fault(type), true)) }));

const asked = ({ name, payload }: Request): [string, Message] => [
  `request.${slug(name)}`,
  { name, payload: frameSchema(name, payload) },
];
/** What the server says has no field that is not named. */
const answered = (name: string, payload: Schema): [string, Message] => [
  `said.${slug(name)}`,
  { name, payload: { ...frameSchema(name, payload), additionalProperties: false } },
];

function messages(): Record<string, Message> {
  const all = Object.fromEntries([
    ...[...own, ...rows].map(asked),
    ...Object.entries(payloads).map(([name, rules]) => answered(name, said(rules))),
    answered("ok", { type: "null" }),
    answered("heartbeat", {}),
  ]);
  Object.assign(all["said.error"] ?? {}, { examples: errors });
  Object.assign(all["said.hello"] ?? {}, { examples: [{ name: "hello", payload: protocolV2.hello?.() }] });
  return all;
}

const pushed = ["hello", "chat", "read", "typing", "mutual_users", "user", "load/friends"];
const socket = ref("channels/socket");
const inSocket = (name: string) => ref(`channels/socket/messages/${slug(name)}`);

const operations = {
  ...Object.fromEntries(
    [...own, ...rows].map(({ name, answers, description }) => [
      `ask.${slug(name)}`,
      {
        action: "receive",
        channel: socket,
        summary: description,
        messages: [inSocket(`request.${name}`)],
        reply: { channel: socket, messages: [inSocket(`said.${answers}`), inSocket("said.error")] },
      },
    ]),
  ),
  push: {
    action: "send",
    channel: socket,
    summary: "What the server says unasked, without a `ref`.",
    messages: pushed.map((name) => inSocket(`said.${name}`)),
  },
};

/** AsyncAPI 3.0 of protocol v2, from the frame table and the contracts. */
export function asyncapi(): object {
  const all = messages();
  return {
    asyncapi: "3.0.0",
    info: {
      title: "REWIND, wire protocol v2",
      version: "2.0.0",
      description: "The words are in docs/protocol-v2.md. Made from the code by `npm run docs`.",
    },
    channels: {
      socket: {
        address: "/ws",
        description: "Text frames over a WebSocket that was asked for with the subprotocol rewind.v2.",
        messages: Object.fromEntries(
          Object.keys(all).map((name) => [name, ref(`components/messages/${name}`)]),
        ),
      },
    },
    operations,
    components: { messages: all },
  };
}
