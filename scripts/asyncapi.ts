import { framesV2 } from "../gateway/frames-v2.ts";
import type { FrameRow } from "../gateway/frame-row.ts";
import { said } from "../gateway/protocol-v2.frames.ts";
import { contracts } from "../services/contracts.ts";
import { objectSchema } from "./json-schema.ts";

type Schema = Record<string, unknown>;

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

const descriptionOf = (action: string): string => {
  const [service = "", name = ""] = action.split(".");
  const all = contracts as Record<string, { actions: Record<string, { description: string }> }>;
  return all[service]?.actions[name]?.description ?? "";
};

/** What the socket itself answers, in no table of actions. */
const own: Record<string, { payload: Schema; answers: string; description: string }> = {
  auth: {
    payload: { type: "object", properties: { auth: { type: "string" } }, required: ["auth"] },
    answers: "auth",
    description: "Binds the socket to the user of a token.",
  },
  sync: {
    payload: {
      type: "object",
      properties: { cursors: { type: "object", additionalProperties: { type: "integer", minimum: 0 } } },
    },
    answers: "sync",
    description: "Brings what was missed after the cursors, as `chat` frames, and begins the pushes.",
  },
  heartbeat: {
    payload: {},
    answers: "heartbeat",
    description: "Comes back as it came.",
  },
};

const pushed = ["hello", "chat", "read", "typing", "mutual_users", "user", "load/friends"];

/** AsyncAPI 3.0 of protocol v2, from the frame table and the contracts. */
export function asyncapi(): object {
  const rows = Object.entries<FrameRow>(framesV2).map(([name, row]) => ({
    name,
    payload: objectSchema(row.payload),
    answers: row.answers ?? "ok",
    description: descriptionOf(row.action),
  }));
  const requests = [...Object.entries(own).map(([name, it]) => ({ name, ...it })), ...rows];
  const answers: [string, Schema][] = [
    ...Object.entries(said).map(([name, rules]): [string, Schema] => [name, objectSchema(rules)]),
    ["ok", { type: "null" }],
    ["heartbeat", {}],
  ];
  const message = (name: string, payload: Schema) => ({
    name,
    payload: frameSchema(name, payload),
  });
  const messages = Object.fromEntries([
    ...requests.map((it) => [`request.${slug(it.name)}`, message(it.name, it.payload)]),
    ...answers.map(([name, payload]) => [`said.${slug(name)}`, message(name, payload)]),
  ]);
  const socket = ref("channels/socket");
  const inSocket = (name: string) => ref(`channels/socket/messages/${name}`);
  const operations = Object.fromEntries([
    ...requests.map(({ name, answers: reply, description }) => [
      `ask.${slug(name)}`,
      {
        action: "receive",
        channel: socket,
        summary: description,
        messages: [inSocket(`request.${slug(name)}`)],
        reply: { channel: socket, messages: [inSocket(`said.${slug(reply)}`), inSocket("said.error")] },
      },
    ]),
    [
      "push",
      { action: "send", channel: socket, messages: pushed.map((name) => inSocket(`said.${slug(name)}`)) },
    ],
  ]);
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
          Object.keys(messages).map((name) => [name, ref(`components/messages/${name}`)]),
        ),
      },
    },
    operations,
    components: { messages },
  };
}
