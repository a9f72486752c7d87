import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import jwt from "jsonwebtoken";
import { base64, koreanTime } from "../support/history.ts";
import { dm, gateA, gateB } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";
import { check, sample } from "./check.ts";
import { parse, Wire, type Answer } from "./wire.ts";

const SECRET = "a-secret-0123456789-for-tests-of-rooms";
const MAX_ID = 2n ** 63n - 1n;
/** Ids a, b, c, d of two pairs of users with a ^ b == c ^ d. */
type Quad = readonly [a: string, b: string, c: string, d: string];

const even = (max: bigint) => fc.bigInt({ min: 1n, max: max / 2n }).map((half) => half * 2n);
const power = fc.integer({ min: 1, max: 62 }).map((n) => 2n ** BigInt(n));
const id = fc.oneof(even(64n), even(2n ** 40n), even(MAX_ID), power);
const quad = fc
  .tuple(id, id, id)
  .map(([a, b, c]) => [a, b, c, a ^ b ^ c] as const)
  .filter((ids) => new Set(ids).size === 4 && ids.every((it) => it > 0n && it <= MAX_ID))
  .map((ids) => ids.map(String) as unknown as Quad);

/** As many as have no user in common. */
const quads: Quad[] = [["2", "4", "8", "14"]];
for (const next of sample(quad, 200))
  if (quads.length < 16 && !next.some((it) => quads.flat().includes(it))) quads.push(next);

let server: Server;
beforeAll(async () => {
  server = await startServer({ JWT_SECRET: SECRET });
  await server.stop();
  const db = new DatabaseSync(join(server.dataDir, "users.sqlite"));
  const insert = db.prepare(
    "INSERT INTO users (id, name, name_key, profile, created_at) VALUES (?, ?, ?, NULL, 0)",
  );
  for (const user of quads.flat()) insert.run(BigInt(user), `u${user}`, `u${user}`);
  db.close();
  await server.restart();
});

const tokenOf = (subject: string) =>
  jwt.sign({}, SECRET, { algorithm: "HS256", issuer: "rewind", subject, expiresIn: "1h" });
type Side = { me: string; wire: Wire };
/** Two sockets of each of a pair. */
type Room = { sides: [Side, Side]; others: Wire[] };

const open = async (me: string, peer: string): Promise<Room> => {
  const connect = (user: string, url: string) => Wire.connectAs(url, { token: tokenOf(user) });
  const [mine, theirs] = [await connect(me, gateA(server)), await connect(peer, gateB(server))];
  const others = [await connect(me, gateB(server)), await connect(peer, gateA(server))];
  return {
    sides: [
      { me, wire: mine },
      { me: peer, wire: theirs },
    ],
    others,
  };
};
const wiresOf = ({ sides, others }: Room) => [...sides.map(({ wire }) => wire), ...others];
const close = async (room: Room) => {
  for (const wire of wiresOf(room)) await wire.close();
};

type Message = { id: string; user_id: string; content: string };
const messageOf = (answer: Answer | undefined): Message => {
  if (answer?.type !== "chat") throw new Error(`no message: ${JSON.stringify(answer)}`);
  return answer.payload as Message;
};
const codeOf = (answer: Answer | undefined) =>
  answer?.type === "error" ? (answer.payload as { code: number }).code : answer;
const history = async ({ wire }: Side, chat_id: string) => {
  const before = base64(koreanTime(3_600_000));
  const answers = await wire.ask("load", { type: "chat", load_id: chat_id, datetime: before, count: 100 });
  return answers.map(messageOf).map(({ id: messageId, content }) => ({ id: messageId, content }));
};

describe("a direct conversation is its ordered pair's, though others have the same chat_id", () => {
  test("there are such pairs", () => {
    expect(quads).toHaveLength(16);
    for (const [a, b, c, d] of quads) expect(dm({ id: a }, { id: b })).toBe(dm({ id: c }, { id: d }));
  });

  /** Who says something, 0 to 3 of a quad, and what. */
  const script = fc.array(fc.tuple(fc.nat(3), fc.stringMatching(/^[a-z]{1,9}$/)), {
    minLength: 2,
    maxLength: 8,
  });
  /** What was said in each conversation, by its pair. */
  const said = new Map<string, { id: string; content: string }[]>();
  const pairKey = ({ sides }: Room) => sides.map(({ me }) => me).join();
  const remember = (room: Room, line: { id: string; content: string }) =>
    said.set(pairKey(room), [...(said.get(pairKey(room)) ?? []), line]);
  const expectRefusal = async ({ wire }: Side, payload: object, code: number) =>
    expect((await wire.ask("chat", payload)).map(codeOf)).toEqual([code]);

  /** The author says something to the other of the room, where everyone hears it. */
  const say = async (room: Room, author: Side, chat_id: string, content: string): Promise<Message> => {
    const [answer, ...more] = await author.wire.ask("chat", { type: "send", chat_id, content });
    const message = messageOf(answer);
    remember(room, { id: message.id, content });
    expect([message.user_id, more]).toEqual([author.me, []]);
    for (const wire of wiresOf(room).filter((it) => it !== author.wire))
      expect((await wire.heard()).map(parse)).toEqual([answer]);
    return message;
  };

  test("what is said reaches the pair's own sockets and history alone, and only its author can change it", async () => {
    await check(
      fc.asyncProperty(fc.constantFrom(...quads), script, async ([a, b, c, d], lines) => {
        const chat_id = dm({ id: a }, { id: b });
        const rooms: [Room, Room] = [await open(a, b), await open(c, d)];
        for (const [who, content] of lines) {
          const [room, elsewhere] = who < 2 ? rooms : rooms.toReversed();
          if (!room || !elsewhere) throw new Error("two rooms");
          const [author, peer] = who % 2 === 0 ? room.sides : room.sides.toReversed();
          if (!author || !peer) throw new Error("two sides");
          const { id: messageId } = await say(room, author, chat_id, content);
          const edit = { type: "edit", chat_id, id: messageId, content: "not mine" };
          for (const intruder of elsewhere.sides) {
            await expectRefusal(intruder, edit, 4004);
            await expectRefusal(intruder, { ...edit, content: "" }, 4004);
          }
          await expectRefusal(peer, edit, 4000);
          for (const wire of rooms.flatMap(wiresOf)) expect(await wire.heard()).toEqual([]);
        }
        for (const room of rooms) {
          const lately = (said.get(pairKey(room)) ?? []).slice(-100);
          for (const side of room.sides) expect(await history(side, chat_id)).toEqual(lately);
          await close(room);
        }
      }),
      40,
    );
  });

  test("an edit and a deletion reach the pair alone too", async () => {
    await check(
      fc.asyncProperty(
        fc.constantFrom(...quads),
        fc.constantFrom("changed", ""),
        async ([a, b, c, d], content) => {
          const chat_id = dm({ id: a }, { id: b });
          const [room, elsewhere] = [await open(a, b), await open(c, d)];
          const [author, peer] = room.sides;
          const [sent] = await author.wire.ask("chat", { type: "send", chat_id, content: "first" });
          const edit = { type: "edit", chat_id, id: messageOf(sent).id, content };
          const [answer] = await author.wire.ask("chat", edit);
          expect(messageOf(answer)).toMatchObject({ ...edit, user_id: a });
          const heard = (await peer.wire.heard()).map(parse);
          expect(heard).toEqual([sent, answer]);
          for (const wire of wiresOf(elsewhere)) expect(await wire.heard()).toEqual([]);
          for (const it of [room, elsewhere]) await close(it);
        },
      ),
      16,
    );
  });
});
