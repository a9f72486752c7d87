import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { base64, koreanTime } from "../support/history.ts";
import { dm, gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { check } from "./check.ts";
import {
  anyString,
  anyUtf16,
  deepText,
  fieldsOf,
  frameText,
  jsonText,
  nearMiss,
  noStringText,
  objectText,
  trap,
} from "./hostile.ts";
import { parse, Wire, type Answer } from "./wire.ts";

const MAX_FRAME_BYTES = 16 * 1024;
const MAX_CONTENT = 2_000;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const own = (value: unknown, key: string): unknown =>
  isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

let server: Server;
let ann: Person, ben: Person, cat: Person;
let wires: { ann: Wire; ben: Wire; cat: Wire };
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT: "off" });
  const [a, b, c] = await registerAll(server, "ann", "ben", "cat");
  if (!a || !b || !c) throw new Error("three people");
  [ann, ben, cat] = [a, b, c];
});
beforeEach(async () => {
  const as = (person: Person) => Wire.connectAs(gateB(server), person);
  wires = { ann: await Wire.connectAs(gateA(server), ann), ben: await as(ben), cat: await as(cat) };
});
afterEach(async () => {
  for (const wire of Object.values(wires)) await wire.close();
  process.kill(server.pid, 0); // throws where the process is gone
});

/** A valid request of each kind; `auth` only where somebody may sign in with it. */
const requests = (auth: string): [type: string, payload: object][] => [
  ["heartbeat", { count: 7 }],
  ["auth", { auth }],
  ["chat", { type: "send", chat_id: dm(ann, ben), content: "hello" }],
  ["chat", { type: "send", chat_id: dm(ann, ben), content: "" }],
  ["chat", { type: "edit", chat_id: dm(ann, ben), id: "3", content: "other" }],
  ["chat", { type: "edit", chat_id: dm(ann, ben), id: "3", content: "" }],
  ["load", { type: "chat", load_id: dm(ann, ben), datetime: base64(koreanTime(60_000)), count: 5 }],
  ["load", { type: "mutual_users" }],
  ["mutual_users", { type: "request", name: cat.name }],
  ["mutual_users", { type: "response", name: ben.name }],
  ["mutual_users", { type: "remove", name: cat.name }],
  ["mutual_users", { type: "delete", name: ben.name }],
  ["user", { id: ben.id }],
  ["user", { name: cat.name }],
  ["user", { profile: "https://example.com/p.png" }],
];
const TYPES = ["heartbeat", "auth", "chat", "load", "mutual_users", "user", "ok", "error"];
const anyType = fc.oneof(fc.constantFrom(...TYPES), trap, anyString);

const mutated = (auth: string) =>
  fc.constantFrom(...requests(auth)).chain(([type, payload]) => {
    const text = nearMiss(fieldsOf(payload)).map((changed) => frameText(type, changed));
    const whole = nearMiss(fieldsOf({ type, payload }));
    return fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: whole });
  });
const cut = (auth: string) =>
  fc.tuple(mutated(auth), fc.nat(200)).map(([text, at]) => text.slice(0, at % (text.length + 1)));
const anyPayload = fc.oneof({ weight: 6, arbitrary: jsonText }, { weight: 1, arbitrary: deepText });
const anyFrame = (auth: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 8, arbitrary: mutated(auth) },
    { weight: 3, arbitrary: fc.tuple(anyType, anyPayload).map(([type, text]) => frameText(type, text)) },
    { weight: 3, arbitrary: anyPayload },
    { weight: 1, arbitrary: cut(auth) },
    { weight: 1, arbitrary: anyString },
    { weight: 1, arbitrary: fc.string({ minLength: 15_000, maxLength: 20_000, size: "max" }) },
  );

/** What the text of a frame is, to one who knows only the protocol. */
const read = (text: string): { kind: string; type?: unknown; payload?: unknown } => {
  const sent = Buffer.from(text); // what a socket makes of lone surrogates
  if (sent.length > MAX_FRAME_BYTES) return { kind: "too large" };
  try {
    const value: unknown = JSON.parse(sent.toString());
    if (!isObject(value)) return { kind: "no object" };
    const [type, payload] = [own(value, "type"), own(value, "payload")];
    return { kind: type === "heartbeat" ? "heartbeat" : "request", type, payload };
  } catch {
    return { kind: "no object" };
  }
};

const user = {
  id: expect.stringMatching(/^[1-9]\d*$/),
  name: expect.any(String),
  profile: expect.anything(),
};
const isUser = (value: unknown) =>
  isObject(value) &&
  String(Object.keys(value)) === String(Object.keys(user)) &&
  typeof value["name"] === "string";
const isUsers = (value: unknown) => Array.isArray(value) && value.every(isUser);
/** The answers of each type of request, but for errors. */
const wellFormed: Record<string, (answer: Answer) => boolean> = {
  auth: ({ type, payload }) =>
    type === "auth" &&
    isObject(payload) &&
    isUser(payload["self_user"]) &&
    isUsers(payload["mutual_requests"]) &&
    isUsers(payload["mutual_users"]),
  chat: ({ type, payload }) =>
    type === "chat" &&
    isObject(payload) &&
    String(Object.keys(payload)) === "type,id,user_id,chat_id,content,created_at" &&
    Object.values(payload).every((field) => typeof field === "string"),
  load: (answer) =>
    (wellFormed["chat"]?.(answer) ?? false) || (answer.type === "mutual_users" && isUsers(answer.payload)),
  mutual_users: ({ type, payload }) => type === "ok" && payload === null,
  user: ({ type, payload }) => type === "user" && isUser(payload),
};

/** The code of an answer that is a well-formed error frame. */
const codeOf = ({ type, payload }: Answer): unknown =>
  type === "error" && isObject(payload) && /\S/.test(String(payload["reason"])) ? payload["code"] : undefined;
const REFUSED = [4000, 4004];
const hasNothingToSay = ({ type, payload }: { type?: unknown; payload?: unknown }) =>
  isObject(payload) &&
  ((type === "chat" && payload["type"] === "send" && payload["content"] === "") ||
    (type === "load" && payload["type"] === "chat"));

/** Fails unless the answers are what the protocol allows for the frame. Says whether it was refused. */
const judge = (text: string, answers: string[], codes: readonly number[] = REFUSED): boolean => {
  const frame = read(text);
  if (frame.kind === "heartbeat") {
    expect(answers).toEqual([Buffer.from(text).toString()]);
    return false;
  }
  const parsed = answers.map(parse);
  const [first] = parsed;
  const code = first && codeOf(first);
  if (frame.kind === "too large") expect([parsed.length, code]).toEqual([1, 4000]);
  else if (frame.kind === "no object") expect([parsed.length, code]).toEqual([1, 1007]);
  else if (!isObject(frame.payload) || typeof frame.type !== "string" || !(frame.type in wellFormed))
    expect([parsed.length, code]).toEqual([1, 4000]);
  else if (first === undefined) expect(hasNothingToSay(frame)).toBe(true);
  else if (code !== undefined)
    expect([parsed.length, codes.includes(Number(code)), code]).toEqual([1, true, code]);
  else {
    const isAnswer = wellFormed[frame.type];
    expect(parsed.filter((answer) => !isAnswer?.(answer))).toEqual([]);
    if (own(frame.payload, "type") !== "chat") expect(parsed).toHaveLength(1);
  }
  return code !== undefined;
};

/** Ann's socket; a new one where it was closed, so that a failing frame can be made smaller. */
const annsWire = async (): Promise<Wire> => {
  if (!wires.ann.isOpen) wires.ann = await Wire.connectAs(gateA(server), ann);
  return wires.ann;
};
/** All that ann, ben and cat can see, and nothing pushed since the last look. */
const look = async () => {
  const load = { type: "chat", load_id: dm(ann, ben), datetime: base64(koreanTime(60_000)), count: 100 };
  return {
    ann: await (await annsWire()).ask("auth", { auth: ann.token }),
    ben: await wires.ben.ask("auth", { auth: ben.token }),
    cat: await wires.cat.ask("auth", { auth: cat.token }),
    history: await wires.ben.ask("load", load),
  };
};
/** Pushes that a frame that was granted has caused are out of the way. */
const settle = async () => {
  await new Promise((resolve) => setTimeout(resolve, 10));
  await Promise.all([wires.ben.heard(), wires.cat.heard()]);
};

describe("whatever somebody signed in sends", () => {
  test("a text frame is answered as the protocol says; where it is refused, nothing changes", async () => {
    await check(
      fc.asyncProperty(
        fc.oneof(
          anyFrame(ann.token),
          anyFrame(ben.token).filter((text) => !text.includes(ann.token)),
        ),
        async (text) => {
          const before = await look();
          if (judge(text, await wires.ann.exchange(text))) expect(await look()).toEqual(before);
          else await settle();
        },
      ),
      500,
    );
  });

  test("a field of the wrong kind is 4000", async () => {
    const FREE = new Set(["heartbeat"]);
    const wrong = fc
      .constantFrom(...requests(ann.token).filter(([type]) => !FREE.has(type)))
      .chain(([type, payload]) => {
        const fields = fieldsOf(payload);
        return fc
          .tuple(fc.nat(fields.length - 1), noStringText)
          .filter(([i, text]) => fields[i]?.[0] !== "profile" || text !== "null")
          .map(([i, text]) => frameText(type, objectText(fields.with(i, [fields[i]?.[0] ?? "", text]))));
      })
      .filter((text) => text.length < MAX_FRAME_BYTES);
    await check(
      fc.asyncProperty(wrong, async (text) => {
        const answers = (await (await annsWire()).exchange(text)).map(parse);
        expect(answers.map(codeOf)).toEqual([4000]);
      }),
      300,
    );
  });

  test("a binary frame is 1003, whatever is in it, and nothing changes", async () => {
    const valid = fc
      .constantFrom(...requests(ann.token))
      .map(([type, payload]) => JSON.stringify({ type, payload }));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      valid.map((text) => new Uint8Array(Buffer.from(text))),
    );
    await check(
      fc.asyncProperty(bytes, async (data) => {
        const before = await look();
        const answers = (await wires.ann.exchange(data)).map(parse);
        expect(answers).toEqual([
          { type: "error", payload: { code: 1003, reason: "Binary data not supported." } },
        ]);
        expect(await look()).toEqual(before);
      }),
      60,
    );
  });

  test("bytes that claim to be text are read as UTF-8, or close that socket alone with 1007", async () => {
    const valid = fc
      .constantFrom(...requests(ann.token))
      .map(([type, payload]) => JSON.stringify({ type, payload }));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .tuple(valid, fc.nat(), fc.integer({ min: 0x80, max: 0xff }))
        .map(([text, at, byte]) => new Uint8Array(Buffer.from(text)).with(at % text.length, byte)),
    );
    const isUtf8 = (data: Uint8Array) => {
      try {
        new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
        return true;
      } catch {
        return false;
      }
    };
    await check(
      fc.asyncProperty(bytes, async (data) => {
        const wire = await Wire.connectAs(gateA(server), ann);
        wire.sendAsText(data);
        if (isUtf8(data)) judge(Buffer.from(data).toString(), await wire.heard());
        else expect(await wire.closed).toBe(1007);
        await wire.close();
        expect(await wires.ben.heard()).toEqual([]);
      }),
      120,
    );
  });
});

describe("whatever a stranger sends", () => {
  const noToken = (text: string) => [ann, ben, cat].every(({ token }) => !text.includes(token));

  test("after a heartbeat it is refused, and nothing is told or changed", async () => {
    let stranger = await Wire.connect(gateA(server));
    const before = await look();
    await check(
      fc.asyncProperty(anyFrame("x.y.z").filter(noToken), async (text) => {
        if (!stranger.isOpen) stranger = await Wire.connect(gateA(server));
        await stranger.heard();
        const answers = await stranger.exchange(text);
        judge(text, answers, [4000, 4001]);
        for (const answer of answers)
          if (read(text).kind !== "heartbeat") expect([1007, 4000, 4001]).toContain(codeOf(parse(answer)));
      }),
      500,
    );
    expect(await look()).toEqual(before);
    await stranger.close();
  });

  test("before a heartbeat, an auth is 4003 and the end, and all else is refused", async () => {
    const auth = fc.tuple(anyPayload).map(([text]) => frameText("auth", text));
    const signIn = nearMiss(fieldsOf({ auth: ann.token })).map((text) => frameText("auth", text));
    const frames = fc.oneof(
      auth,
      signIn,
      anyFrame("x.y.z").filter((text) => read(text).kind !== "heartbeat"),
    );
    await check(
      fc.asyncProperty(frames, async (text) => {
        const stranger = await Wire.connect(gateA(server));
        stranger.send(text);
        const { kind, type, payload } = read(text);
        if (kind === "request" && type === "auth" && isObject(payload)) {
          expect(await stranger.closed).toBe(4003);
          expect(stranger.unread().map(parse).map(codeOf)).toEqual([4003]);
        } else judge(text, await stranger.heard(), [4000, 4001]);
        await stranger.close();
      }),
      150,
    );
  });

  test("a token that was changed in any way signs nobody in as somebody else", async () => {
    const spot = fc.tuple(
      fc.nat(),
      fc.oneof(fc.constantFrom(..."AZaz09-_.= "), fc.string({ minLength: 0, maxLength: 3 })),
    );
    await check(
      fc.asyncProperty(fc.constantFrom("ann", "ben"), spot, async (who, [at, text]) => {
        const { token } = who === "ann" ? ann : ben;
        const index = at % token.length;
        const changed = token.slice(0, index) + text + token.slice(index + 1);
        const stranger = await Wire.connect(gateA(server));
        await stranger.heard();
        const [answer] = await stranger.ask("auth", { auth: changed });
        const isSame = answer?.type === "auth" && isObject(answer.payload);
        if (isSame)
          expect(own(answer.payload, "self_user")).toMatchObject({ id: who === "ann" ? ann.id : ben.id });
        else expect(answer && codeOf(answer)).toBe(4000);
        const [header, claims] = token.split(".");
        if (!changed.startsWith(`${header}.${claims}.`)) expect(isSame).toBe(false);
        await stranger.close();
      }),
      150,
    );
  });
});

describe("what is said", () => {
  const content = fc.oneof(
    { weight: 4, arbitrary: anyString },
    { weight: 2, arbitrary: anyUtf16.filter((text) => text.isWellFormed()) },
    { weight: 1, arbitrary: fc.string({ unit: "grapheme", minLength: 900, maxLength: 2_300, size: "max" }) },
    { weight: 1, arbitrary: anyString.map((text) => text.repeat(60)) },
  );
  const escaped = (text: string) =>
    `"${Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")}"`;
  const fits = (text: string) => text.isWellFormed() && !text.includes("\0") && text.length <= MAX_CONTENT;
  const contentOf = (answer: Answer | undefined) => own(answer?.payload, "content");

  test("comes back exactly as sent in the answer, the push and the history, or is refused with 4000", async () => {
    const chat_id = JSON.stringify(dm(ann, ben));
    const frame = (type: string, text: string, id = '"3"') =>
      frameText(
        "chat",
        objectText([
          ["type", JSON.stringify(type)],
          ["chat_id", chat_id],
          ["id", id],
          ["content", text],
        ]),
      );
    const newest = { type: "chat", load_id: dm(ann, ben), datetime: base64(koreanTime(3_600_000)), count: 1 };
    await check(
      fc.asyncProperty(content, content, fc.boolean(), async (first, second, isEscaped) => {
        const spell = isEscaped ? escaped : JSON.stringify;
        let id = "3";
        for (const [type, text] of [
          ["send", first],
          ["edit", second],
        ] as const) {
          const sent = frame(type, spell(text), JSON.stringify(id));
          const [answer] = (await wires.ann.exchange(sent)).map(parse);
          const [push] = (await wires.ben.heard()).map(parse);
          if (text === "" && type === "send") expect(answer).toBeUndefined();
          else if (!fits(text)) expect(answer && codeOf(answer)).toBe(4000);
          else {
            expect([contentOf(answer), contentOf(push)]).toEqual([text, text]);
            const [kept] = await wires.ben.ask("load", newest);
            if (text !== "") expect(contentOf(kept)).toBe(text);
            if (isObject(answer?.payload)) id = String(answer.payload["id"]);
          }
          if (!fits(text) || (text === "" && type === "send")) expect(push).toBeUndefined();
          if (id === "3") return;
        }
      }),
      250,
    );
  });
});
