import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import * as fc from "fast-check";
import { createdAt, momentOf, peerOf } from "../../gateway/protocol-v1.frames.ts";
import { openStore, type Store } from "../../services/common/db.ts";
import { typeOf } from "../../services/common/errors.ts";
import { leaseIds, timeOf } from "../../services/common/ids.ts";
import { isName, nameKey } from "../../services/common/names.ts";
import { pairOf } from "../../services/common/pair.ts";
import { isSnowflake } from "../../services/common/validate.ts";
import { friendsRepository } from "../../services/friends/friends.repository.ts";
import { decide, type Relation, type Verb } from "../../services/friends/friends.rules.ts";
import { afterFailure, MOST_ATTEMPTS } from "../../services/mailer/mailer.rules.ts";
import { base64 } from "../support/history.ts";
import { check, sample } from "./check.ts";
import { anyString } from "./hostile.ts";

const MAX_ID = 2n ** 63n - 1n;
const snowflake = fc.bigInt({ min: 1n, max: MAX_ID }).map(String);

/** The type of the fault that `work` throws, or what it returns. */
const outcome = <T>(work: () => T) => {
  try {
    return work();
  } catch (error) {
    const type = typeOf(error);
    if (type === undefined) throw error;
    return type;
  }
};

describe("times on the wire", () => {
  const micros = fc.nat(Number.MAX_SAFE_INTEGER);
  const moment = (text: string) => momentOf(base64(text));
  const unpad = (text: string) => text.replace(/^(\d+)-0?(\d+)-0?(\d+)/, "$1-$2-$3");

  test("a time written and read again is the same, padded or not", () =>
    check(
      fc.property(micros, (at) => {
        expect(createdAt(at)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
        expect(moment(createdAt(at))).toBe(at);
        expect(moment(unpad(createdAt(at)))).toBe(at);
      }),
      1_000,
    ));

  test("the order of the texts is the order of the times", () =>
    check(
      fc.property(micros, fc.oneof(micros, fc.nat(2_000_000)), (at, later) => {
        const other = at + later > Number.MAX_SAFE_INTEGER ? later : at + later;
        expect(createdAt(at) < createdAt(other)).toBe(at < other);
        expect(createdAt(at) === createdAt(other)).toBe(at === other);
      }),
      1_000,
    ));

  test("what is before a text of 1 to 7 digits is before the moment read from it, and nothing else is", () =>
    check(
      fc.property(
        fc.nat(4_000_000_000),
        fc.stringMatching(/^\d{1,7}$/),
        fc.integer({ min: -1_000_000, max: 1_000_000 }),
        (second, digits, shift) => {
          const text = unpad(createdAt(second * 1_000_000).replace(/\d+$/, digits));
          const tenths = BigInt(second) * 10_000_000n + BigInt(digits.padEnd(7, "0"));
          const near = [0n, 1n, -1n, BigInt(shift)].map((by) => tenths / 10n + by);
          for (const at of near) expect(at < BigInt(moment(text))).toBe(at * 10n < tenths);
        },
      ),
      1_000,
    ));

  test("only days and hours that exist are times", () =>
    check(
      fc.property(
        fc.integer({ min: 1960, max: 2250 }),
        ...([13, 32, 25, 61, 61] as const).map((max) => fc.nat(max)),
        (year, ...rest) => {
          const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = rest;
          const real = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
          const fields = [
            real.getUTCMonth() + 1,
            real.getUTCDate(),
            real.getUTCHours(),
            real.getUTCMinutes(),
            real.getUTCSeconds(),
          ];
          const utc = real.getTime() - 9 * 3_600_000;
          const exists = String(fields) === String(rest) && utc >= 0;
          const text = `${year}-${month}-${day} ${hour}:${minute}:${second}.5`;
          expect(outcome(() => moment(text))).toBe(exists ? utc * 1_000 + 500_000 : "INVALID");
        },
      ),
      2_000,
    ));

  test("any other text is invalid, never a wrong number", () =>
    check(
      fc.property(fc.oneof(anyString, anyString.map(base64), fc.base64String()), (text) => {
        const read = outcome(() => momentOf(text));
        expect(read === "INVALID" || (Number.isInteger(read) && Number(read) >= 0)).toBe(true);
      }),
      1_000,
    ));
});

describe("ids", () => {
  test("an id is the one spelling of a whole number from 1 to 2^63 - 1", () => {
    const spelling = fc.oneof(
      fc.bigInt({ min: -10n, max: 2n ** 65n }).map(String),
      fc.integer({ min: -20, max: 20 }).map((by) => String(2n ** 63n + BigInt(by))),
      fc.tuple(
        fc.constantFrom("0", "+", " ", "0x", ""),
        snowflake,
        fc.constantFrom("", " ", "\n", "n", ".0"),
      ),
      anyString,
    );
    return check(
      fc.property(
        spelling.map((parts) => (typeof parts === "string" ? parts : parts.join(""))),
        (text) => {
          const digits = /^[0-9]+$/.test(text) ? BigInt(text) : 0n;
          expect(isSnowflake(text)).toBe(String(digits) === text && digits >= 1n && digits <= MAX_ID);
        },
      ),
      2_000,
    );
  });

  test("a pair is the same whoever comes first, the smaller id low, and no other pair's", () =>
    check(
      fc.property(snowflake, snowflake, (a, b) => {
        const pair = pairOf(a, b);
        expect(pairOf(b, a)).toEqual(pair);
        expect(BigInt(pair.lowId) <= BigInt(pair.highId)).toBe(true);
        expect([pair.lowId, pair.highId].toSorted()).toEqual([a, b].toSorted());
      }),
      1_000,
    ));

  test("each of two people finds the other by the XOR of both, and nobody by anything that is no id", () =>
    check(
      fc.property(snowflake, snowflake, anyString, (a, b, junk) => {
        const chatId = String(BigInt(a) ^ BigInt(b));
        expect(peerOf(chatId, a)).toBe(b);
        expect(peerOf(chatId, b)).toBe(a);
        if (junk !== "0" && !isSnowflake(junk)) expect(outcome(() => peerOf(junk, a))).toBe("INVALID");
      }),
      1_000,
    ));
});

describe("names", () => {
  const sameInAnyCase = (text: string) =>
    text.toUpperCase().toLowerCase() === text.toLowerCase() && !/[σςΣ]/.test(text);

  /** Letters with marks, which one case writes as one character and the other as two. */
  const marked = fc.stringMatching(/^([A-Za-zΑ-Ωα-ω][\u0300-\u036f]{0,2}){1,8}$/);

  test("the key of a key is the key", () =>
    check(
      fc.property(fc.oneof(anyString, marked), (text) => {
        expect(nameKey(nameKey(text))).toBe(nameKey(text));
      }),
      3_000,
    ));

  test("the key of a key is the key, of every character there is", () => {
    const wrong: string[] = [];
    for (let point = 0; point <= 0x10ffff; point += 1) {
      const text = String.fromCodePoint(point);
      const key = nameKey(text);
      if (nameKey(key) !== key) wrong.push(point.toString(16));
    }
    expect(wrong).toEqual([]);
  });

  test("case, composition and width do not tell names apart", () =>
    check(
      fc.property(anyString.filter(sameInAnyCase), (text) => {
        const key = nameKey(text);
        for (const form of ["NFC", "NFD", "NFKC", "NFKD"] as const)
          expect(nameKey(text.normalize(form))).toBe(key);
        const lower = text.toLowerCase();
        if (sameInAnyCase(lower)) expect(nameKey(lower)).toBe(key);
      }),
      2_000,
    ));

  test("upper and lower case of letters that have both are one name", () =>
    check(
      fc.property(fc.stringMatching(/^[a-zà-öø-þа-яα-ρτ-ω가-힣0-9]{1,32}$/), (text) => {
        expect(nameKey(text.toUpperCase())).toBe(nameKey(text));
      }),
      1_000,
    ));

  test("a name shows all of itself: nothing invisible, nothing around it", () =>
    check(
      fc.property(
        anyString,
        fc.constantFrom("\u200b", "\u202e", "\0", "\n", "\ufeff", "\u2028"),
        (text, hidden) => {
          if (isName(text)) expect(text).toBe(text.trim());
          expect(isName(`a${hidden}${text}`)).toBe(false);
          expect(isName(` ${text}`)).toBe(false);
          expect(isName(`${text} `)).toBe(false);
        },
      ),
      1_000,
    ));
});

describe("friends", () => {
  const VERBS = ["request", "accept", "remove", "end"] as const satisfies Verb[];
  const verb = fc.constantFrom<Verb>(...VERBS);
  const NONE: Relation = { state: "none", requesterId: null };
  const step = (relation: Relation, what: Verb, who: string): Relation => {
    const next = outcome(() => decide(relation, what, who).relation);
    return typeof next === "string" ? relation : next;
  };
  /** What one of the two makes of a relation. */
  const viewOf = ({ state, requesterId }: Relation, me: string) =>
    state === "requested" ? (requesterId === me ? "asking" : "asked") : state;

  /** From what each of two people sees to what each sees after one of them did something: written anew. */
  const table: Record<string, Partial<Record<Verb, [mine: string, theirs: string]>>> = {
    none: { request: ["asking", "asked"] },
    asking: { remove: ["none", "none"] },
    asked: {
      request: ["friends", "friends"],
      accept: ["friends", "friends"],
      remove: ["none", "none"],
    },
    friends: { end: ["none", "none"] },
  };

  test("whatever two people do, both see the same friendship, and the table says which", () =>
    check(
      fc.property(fc.array(fc.tuple(verb, fc.boolean()), { maxLength: 30 }), (deeds) => {
        let relation = NONE;
        for (const [what, isA] of deeds) {
          const [me, other] = isA ? (["2", "4"] as const) : (["4", "2"] as const);
          const [mine, theirs] = [viewOf(relation, me), viewOf(relation, other)];
          relation = step(relation, what, me);
          expect([viewOf(relation, me), viewOf(relation, other)]).toEqual(
            table[mine]?.[what] ?? [mine, theirs],
          );
          expect(relation.requesterId === null).toBe(relation.state !== "requested");
        }
      }),
      1_000,
    ));

  test("who asks the one who asked is a friend", () => {
    const asked = step(NONE, "request", "2");
    expect(step(asked, "request", "4").state).toBe("friends");
    expect(step(asked, "request", "2")).toEqual(asked);
  });

  describe("in the store", () => {
    let dataDir: string;
    let store: Store;
    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), "rewind-rules-"));
      store = await openStore("friends", { dataDir, mysqlUrl: undefined, mysqlPrefix: "" });
    });
    afterAll(async () => {
      await store.close();
      await rm(dataDir, { recursive: true });
    });

    test("nobody is the friend of somebody who is not theirs, and a deed said again changes nothing", async () => {
      const repository = friendsRepository(store);
      const IDS = ["2", "4", "6", "9223372036854775806"];
      const id = fc.constantFrom(...IDS);
      const deeds = fc.array(fc.tuple(verb, id, id, fc.boolean()), { minLength: 1, maxLength: 12 });
      let nonces = 0;
      const lists = () =>
        Promise.all(
          IDS.map(async (me) => ({
            me,
            friends: await repository.friendIds(me),
            asking: await repository.requesterIds(me),
          })),
        );
      await check(
        fc.asyncProperty(deeds, async (all) => {
          for (const [what, who, whom, again] of all.filter(([, a, b]) => a !== b)) {
            const nonce = `n${(nonces += 1)}`;
            const deed = () =>
              repository.change(what, who, whom, nonce).catch((error: unknown) => typeOf(error));
            const [first, state] = [await deed(), await lists()];
            expect(first).toBeDefined();
            if (again && /ed$/.test(String(first)))
              expect([await deed(), await lists()]).toEqual([first, state]);
            const friendsOf = new Map(state.map(({ me, friends }) => [me, friends]));
            for (const { me, friends, asking } of state) {
              expect(new Set([...friends, ...asking]).size).toBe(friends.length + asking.length);
              for (const friend of friends) expect(friendsOf.get(friend)).toContain(me);
            }
          }
        }),
        40,
      );
    });
  });
});

describe("made ids", () => {
  let dataDir: string;
  let store: Store;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "rewind-rules-"));
    store = await openStore("chat", { dataDir, mysqlUrl: undefined, mysqlPrefix: "" });
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await store.close();
    await rm(dataDir, { recursive: true });
  });
  const kind = fc.constantFrom("user", "other");

  test("rise, are even for users and odd for all else, and fit in 63 bits, whatever the clock does", async () => {
    const made: bigint[] = [];
    const ids = await leaseIds(store, "one");
    const real = Date.now.bind(Date);
    let shift = 0;
    jest.spyOn(Date, "now").mockImplementation(() => real() + shift);
    const asks = fc.array(fc.tuple(kind, fc.integer({ min: -8, max: 8 }), fc.boolean()), { maxLength: 30 });
    await check(
      fc.property(asks, (all) => {
        const batch = all.map(([what, step, waits]) => {
          shift = step;
          const after = waits ? String((BigInt(real() + 5 - Date.UTC(2024, 0, 1)) << 22n) | 1n) : undefined;
          return { id: ids.next(what, after), what, after };
        });
        for (const { id, what, after = "0" } of batch) {
          expect(isSnowflake(id)).toBe(true);
          expect(BigInt(id) & 1n).toBe(what === "user" ? 0n : 1n);
          expect(BigInt(id)).toBeGreaterThan(made.at(-1) ?? 0n);
          expect(BigInt(id)).toBeGreaterThan(BigInt(after));
          expect(Math.abs(timeOf(id) - real())).toBeLessThan(1_000);
          made.push(BigInt(id));
        }
      }),
      60,
    );
    jest.restoreAllMocks();
    await ids.release();
    expect(outcome(() => ids.next("user"))).toBe("UNAVAILABLE");
  });

  test("of generators that share a store are all different, thousands at once", async () => {
    const generators = await Promise.all(["a", "b", "c"].map((holder) => leaseIds(store, holder)));
    const asked = sample(fc.tuple(fc.nat(2), kind), 6_000);
    const ids = asked.map(([i, what]) => generators[i]?.next(what));
    expect(new Set(ids).size).toBe(asked.length);
    for (const generator of generators) await generator.release();
  });
});

describe("mail that cannot be sent", () => {
  const refusal = fc.record({ responseCode: fc.integer({ min: 400, max: 599 }) });
  const error = fc.oneof(refusal, fc.constant(new Error("refused")), fc.anything());

  test("is tried again ever later, within an hour, and given up after so many times", () =>
    check(
      fc.property(error, (why) => {
        let last = 0;
        for (let attempts = 1; attempts <= MOST_ATTEMPTS + 3; attempts += 1) {
          const verdict = afterFailure(why, attempts);
          if (attempts >= MOST_ATTEMPTS) expect(verdict).toEqual({ giveUp: true });
          if (verdict.giveUp) continue;
          expect(verdict.waitMs).toBeGreaterThanOrEqual(Math.max(last, 1_000));
          expect(verdict.waitMs).toBeLessThanOrEqual(3_600_000);
          last = verdict.waitMs;
        }
      }),
      300,
    ));

  test("is given up at once for 55x alone", () =>
    check(
      fc.property(refusal, fc.integer({ min: 1, max: MOST_ATTEMPTS - 1 }), (why, attempts) => {
        expect(afterFailure(why, attempts).giveUp).toBe(why.responseCode >= 550 && why.responseCode <= 559);
      }),
      500,
    ));
});
