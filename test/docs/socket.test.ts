import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { Device, type Failure, type Frame, type Message } from "../conformance-v2/device.ts";
import { gateA, gateB, registerAll, type Person } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { asyncapi, complaintOf, messageOf, nameOf } from "./documents.ts";

let server: Server;
let a: Person, b: Person;
let mine: Device, theirs: Device;
beforeAll(async () => {
  server = await startServer({ RATE_LIMIT: "on" });
  [a, b] = (await registerAll(server, "ann", "ben")) as [Person, Person];
  [mine, theirs] = [await Device.connect(gateA(server)), await Device.connect(gateB(server))];
});

const { operations } = asyncapi;
const asked = new Set<string>();
const failed = new Set<string>();

const errors = new Map(messageOf("said.error").examples?.map(({ name, payload }) => [name, payload]));
/** An error must be one that the document lists, word by word but for what is said of what is invalid. */
const expectListed = (frame: Frame) => {
  const { type, code, outcome, reason } = frame.payload as Failure;
  const payload = { type, code, outcome, reason: type === "INVALID" ? expect.any(String) : reason };
  expect(errors.get(type)).toEqual({ type: "error", payload });
  failed.add(type);
};

/** Says what the document says one can, and has the reply that it names. */
const ask = async (device: Device, name: string, payload?: unknown): Promise<Frame> => {
  const operation = operations[`ask.${name}`];
  if (!operation) throw new Error(`docs/asyncapi.json has no ask.${name}`);
  const [type = ""] = name.split(".");
  const request = messageOf(`request.${name}`);
  expect(complaintOf(request.payload, { type, ref: "1", payload })).toBe("");
  const frame = await device.ask(type, payload);
  const [told] = operation.reply?.messages ?? [];
  expect(complaintOf(messageOf(told ? nameOf(told) : "").payload, frame)).toBe("");
  asked.add(name);
  return frame;
};
const written = async (device: Device, name: string, payload: object): Promise<Message> => {
  const frame = await ask(device, name, { type: name.split(".")[1], ...payload });
  return (frame.payload as { message: Message }).message;
};
/** What is refused, and how. */
const refused = (frame: Frame) => {
  expect(complaintOf(messageOf("said.error").payload, frame)).toBe("");
  expectListed(frame);
};

describe("a session is as the document says", () => {
  test("from hello to sync", async () => {
    for (const [device, { token }] of [
      [mine, a],
      [theirs, b],
    ] as const) {
      await ask(device, "heartbeat", { count: 1 });
      refused(await device.ask("load", { type: "friends" }));
      refused(await device.ask("auth", { auth: "nonsense" }));
      await ask(device, "auth", { auth: token });
      await ask(device, "sync", {});
    }
    refused(await mine.ask("auth", { auth: b.token }));
  });

  test("friends", async () => {
    const relate = (device: Device, type: string, { name }: Person) =>
      ask(device, `mutual_users.${type}`, { type, name });
    await relate(mine, "request", b);
    await relate(theirs, "remove", a);
    await relate(mine, "request", b);
    refused(await mine.ask("mutual_users", { type: "request", name: b.name }));
    await relate(theirs, "response", a);
    refused(await mine.ask("mutual_users", { type: "request", name: b.name }));
    await ask(theirs, "load.friends", { type: "friends" });
    await ask(theirs, "user.profile", { profile: "https://example.org/ben.png" });
    await mine.next("user");
    await ask(mine, "user", { name: b.name });
    await ask(mine, "load.friends", { type: "friends" });
    await relate(mine, "delete", b);
    refused(await mine.ask("mutual_users", { type: "delete", name: b.name }));
    refused(await mine.ask("mutual_users", { type: "response", name: b.name }));
    refused(await mine.ask("mutual_users", { type: "request", name: a.name }));
  });

  test("messages, their history, and what was read of it", async () => {
    const first = await written(mine, "chat.send", { user_id: b.id, content: "hello", nonce: "1" });
    const { chat_id, id } = first;
    await written(mine, "chat.edit", { chat_id, id, content: "hello, ben" });
    const second = await written(theirs, "chat.send", { chat_id, content: "hi" });
    await ask(mine, "typing", { chat_id });
    await ask(mine, "read", { chat_id, seq: second.sent_seq });
    await ask(mine, "load.chats", { type: "chats" });
    await ask(theirs, "load.chat", { type: "chat", chat_id, before: second.sent_seq, count: 10 });
    await ask(mine, "load.chat", { type: "chat", chat_id });
    refused(await mine.ask("chat", { type: "send", user_id: b.id, content: "else", nonce: "1" }));
    refused(await theirs.ask("chat", { type: "edit", chat_id, id, content: "not mine" }));
    refused(await theirs.ask("chat", { type: "edit", chat_id, id: "1", content: "nobody's" }));
    await written(mine, "chat.delete", { chat_id, id });
  });

  test("another device hears of what was read, and of what it missed", async () => {
    const { chats } = await mine.chats();
    const [{ chat_id = "", last_seq = 0 } = {}] = chats;
    const late = await Device.connect(gateA(server));
    await ask(late, "auth", { auth: a.token });
    await ask(late, "sync", { cursors: { [chat_id]: 0 } });
    await ask(mine, "read", { chat_id, seq: last_seq });
    await late.next("read");
    expectPushes(late);
    await late.close();
  });

  test("what cannot be understood", async () => {
    mine.drain();
    refused(await mine.askRaw("no JSON"));
    refused(await mine.askRaw(Buffer.from("{}")));
    refused(await mine.ask("nonsense", {}));
    refused(await mine.ask("chat", { type: "send", content: 1 }));
    refused(await mine.ask("user", { name: "nobody at all" }));
    refused(await mine.ask("load", { type: "chat", chat_id: "1" }));
  });

  test("what is too much", async () => {
    const hasty = await Device.connect(gateA(server));
    await hasty.next("hello");
    for (let i = 0; i < 200; i++) hasty.send("heartbeat", i);
    refused(await hasty.next("error"));
    await hasty.close();
  });
});

const pushes = (operations["push"]?.messages ?? []).map(nameOf);
const pushed = new Set<string>();
/** That whatever a device was told unasked is one of the pushes of the document. */
function expectPushes(device: Device): void {
  for (const frame of device.frames.filter(({ ref, type }) => ref === undefined && type !== "error")) {
    const like = pushes.filter((name) => complaintOf(messageOf(name).payload, frame) === "");
    expect([frame, like]).toEqual([frame, [expect.any(String)]]);
    like.forEach((name) => pushed.add(name));
  }
}

test("what was said unasked is one of the pushes that the document names, and all were said", async () => {
  await pause(100);
  expectPushes(mine);
  expectPushes(theirs);
  const outOfReach = ["said.load.friends"]; // where NATS was gone for a while
  expect([...pushed, ...outOfReach].toSorted()).toEqual(pushes.toSorted());
});

test("every request that the document names was made", () => {
  const requests = Object.keys(operations).filter((name) => name.startsWith("ask."));
  expect([...asked].map((name) => `ask.${name}`).toSorted()).toEqual(requests.toSorted());
});

test("every error that the document lists was had, but for those of a server in trouble", () => {
  const trouble = ["FULL", "BUSY", "UNAVAILABLE", "FAILED", "UNKNOWN"];
  expect([...failed, ...trouble].toSorted()).toEqual([...errors.keys()].toSorted());
});
