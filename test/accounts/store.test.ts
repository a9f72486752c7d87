import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { isDuplicate, openStore, type Store } from "../../services/common/db.ts";
import { fault } from "../../services/common/errors.ts";

type Thing = { id: string; label: string; ownerId: string | null; createdAt: number };
const NOTHING_CHANGED = { type: "FAILED", message: expect.stringContaining("nothing was changed") };

let dataDir: string;
let store: Store;
const open = (service = "users") => openStore(service, { dataDir, mysqlUrl: undefined, mysqlPrefix: "" });
const things = () => store.knex<Thing>("things");
const thing = (id: string, label = `l${id}`): Thing => ({ id, label, ownerId: null, createdAt: 1 });
const labels = async () => (await things().orderBy("id")).map(({ label }) => label);
const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => {
      throw new Error("it was expected to fail");
    },
    (error: unknown) => error,
  );

beforeEach(async () => {
  dataDir = join(mkdtempSync(join(tmpdir(), "rewind-test-")), "data");
  store = await open();
  await store.knex.schema.createTable("things", (table) => {
    table.bigInteger("id").unsigned().primary();
    table.string("label", 64).notNullable().unique();
    table.bigInteger("owner_id").unsigned();
    table.bigInteger("created_at").notNullable();
  });
});
afterEach(async () => {
  await store.close();
  rmSync(join(dataDir, ".."), { recursive: true, force: true });
});

describe("a transaction", () => {
  test("keeps everything, on disk once it has resolved, and answers with what its work did", async () => {
    const answer = await store.transaction(async (trx) => {
      await trx<Thing>("things").insert(thing("1"));
      await trx<Thing>("things").insert(thing("2"));
      return "done";
    });
    expect(answer).toBe("done");
    await store.close();
    store = await open();
    expect(await labels()).toEqual(["l1", "l2"]);
  });

  test("of which a statement fails is FAILED: nothing is changed, and the store goes on", async () => {
    const failure = await failureOf(
      store.transaction(async (trx) => {
        await trx<Thing>("things").insert(thing("1"));
        await trx("things").insert({ id: "2", label: null, createdAt: 1 });
      }),
    );
    expect(failure).toMatchObject(NOTHING_CHANGED);
    expect((failure as Error).cause).toMatchObject({ message: expect.stringContaining("NOT NULL") });
    expect(await labels()).toEqual([]);
    await store.transaction((trx) => trx<Thing>("things").insert(thing("3")));
    expect(await labels()).toEqual(["l3"]);
  });

  test("of which the work fails for a reason of its own is FAILED, with that reason as the cause", async () => {
    const reason = new Error("something else");
    const failure = await failureOf(
      store.transaction(async (trx) => {
        await trx<Thing>("things").insert(thing("1"));
        throw reason;
      }),
    );
    expect(failure).toMatchObject(NOTHING_CHANGED);
    expect((failure as Error).cause).toBe(reason);
    expect(await labels()).toEqual([]);
  });

  test("that ends with a fault rejects with that fault, and nothing is changed", async () => {
    const reason = fault("NOT_AUTHOR");
    const failure = await failureOf(
      store.transaction(async (trx) => {
        await trx<Thing>("things").insert(thing("1"));
        throw reason;
      }),
    );
    expect(failure).toBe(reason);
    expect(await labels()).toEqual([]);
  });

  test("inside another that fails takes the outer one with it", async () => {
    const failure = await failureOf(
      store.transaction(async (trx) => {
        await trx<Thing>("things").insert(thing("1"));
        await trx.transaction(async (inner) => {
          await inner<Thing>("things").insert(thing("2"));
          throw new Error("inside");
        });
      }),
    );
    expect(failure).toMatchObject(NOTHING_CHANGED);
    expect(await labels()).toEqual([]);
  });

  test("inside another that fails and is caught is undone alone", async () => {
    await store.transaction(async (trx) => {
      await trx<Thing>("things").insert(thing("1"));
      await trx
        .transaction(async (inner) => {
          await inner<Thing>("things").insert(thing("2"));
          await inner("things").insert({ id: "4", label: null, createdAt: 1 });
        })
        .catch(() => {});
      await trx.transaction((inner) => inner<Thing>("things").insert(thing("3")));
    });
    expect(await labels()).toEqual(["l1", "l3"]);
  });

  test("that succeeded inside one that fails is undone with it", async () => {
    const failure = await failureOf(
      store.transaction(async (trx) => {
        await trx.transaction((inner) => inner<Thing>("things").insert(thing("2")));
        throw new Error("outside");
      }),
    );
    expect(failure).toMatchObject(NOTHING_CHANGED);
    expect(await labels()).toEqual([]);
  });

  test("whose commit fails is UNKNOWN, and the store goes on", async () => {
    await store.knex.raw(
      "CREATE TABLE parts (id INTEGER PRIMARY KEY, whole INTEGER REFERENCES things (id) DEFERRABLE INITIALLY DEFERRED)",
    );
    const orphan = store.transaction(async (trx) => void (await trx("parts").insert({ id: 1, whole: 99 })));
    expect(await failureOf(orphan)).toMatchObject({ type: "UNKNOWN" });
    await store.transaction((trx) => trx<Thing>("things").insert(thing("1")));
    expect(await labels()).toEqual(["l1"]);
    expect(await store.knex("parts")).toEqual([]);
  });

  test("is alone: what many do at once is as if one did it after the other", async () => {
    await things().insert(thing("1", "0"));
    const increment = () =>
      store.transaction(async (trx) => {
        const row = await trx<Thing>("things").where({ id: "1" }).first();
        await new Promise((resolve) => setTimeout(resolve, 2));
        await trx<Thing>("things")
          .where({ id: "1" })
          .update({ label: String(Number(row?.label) + 1) });
      });
    await Promise.all(Array.from({ length: 20 }, increment));
    expect(await labels()).toEqual(["20"]);
  });
});

describe("isDuplicate", () => {
  beforeEach(() => things().insert(thing("1")));

  test.each([
    ["the same primary key", thing("1", "other")],
    ["the same value in a unique column", thing("2", "l1")],
  ])("knows %s, inside a transaction and outside, and the transaction is undone", async (_what, twin) => {
    expect(isDuplicate(await failureOf(Promise.resolve(things().insert(twin))))).toBe(true);
    const failure = await failureOf(
      store.transaction(async (trx) => {
        await trx<Thing>("things").insert(thing("3"));
        await trx<Thing>("things").insert(twin);
      }),
    );
    expect(isDuplicate(failure)).toBe(true);
    expect(await labels()).toEqual(["l1"]);
  });

  test("is not taken in by other failures", async () => {
    const missing = Promise.resolve(store.knex("things").insert({ id: "2", label: null, createdAt: 1 }));
    expect(isDuplicate(await failureOf(missing))).toBe(false);
    expect(isDuplicate(await failureOf(Promise.resolve(store.knex("nowhere"))))).toBe(false);
    for (const other of [undefined, null, "2067", new Error("UNIQUE constraint failed"), fault("FAILED")])
      expect(isDuplicate(other)).toBe(false);
  });
});

describe("an id", () => {
  const ids = ["1", "9007199254740991", "9007199254740993", "4611686018427387905", "9223372036854775807"];

  test("keeps all its 63 bits, and is text in code whatever its length", async () => {
    for (const id of ids) await things().insert({ ...thing(id), ownerId: id });
    const rows = await things().orderBy("id");
    expect(rows.map(({ id, ownerId }) => [id, ownerId])).toEqual(ids.map((id) => [id, id]));
    for (const id of ids) {
      expect(await things().where({ id }).first("label")).toEqual({ label: `l${id}` });
      expect(await things().whereIn("ownerId", [id]).update({ createdAt: 2 })).toBe(1);
    }
    expect(await things().where({ id: "9007199254740992" }).first()).toBeUndefined(); // a neighbour, to a double
    await store.close();
    const file = new DatabaseSync(join(dataDir, "users.sqlite"));
    const kinds = file.prepare("SELECT DISTINCT typeof(id) AS kind FROM things").all();
    file.close();
    store = await open();
    expect(kinds.map((row) => row["kind"])).toEqual(["integer"]);
  });

  test("that is null stays null, and columns are camelCase in code", async () => {
    await things().insert({ ...thing("5"), createdAt: 1_700_000_000_000 });
    expect(await things().first()).toEqual({
      id: "5",
      label: "l5",
      ownerId: null,
      createdAt: 1_700_000_000_000,
    });
  });
});

describe("opening a store", () => {
  const SERVICES = ["auth", "mailer", "users", "friends", "chat"];

  test.each(SERVICES)("of %s brings its schema up to date once; again changes nothing", async (service) => {
    await store.close();
    const look = async () => {
      store = await open(service);
      const state = {
        schema: await store.knex("sqlite_master").select("name", "sql").orderBy("name"),
        migrations: await store.knex("knex_migrations").orderBy("id"),
        version: await store.knex.raw("PRAGMA schema_version"),
      };
      await store.close();
      return state;
    };
    const first = await look();
    expect(first.migrations.length).toBeGreaterThan(0);
    expect(await look()).toEqual(first);
    store = await open(service);
  });

  test("that another holds fails and names the directory", async () => {
    const failure = await failureOf(open());
    expect(failure).toMatchObject({ message: `the data in ${dataDir} is in use by another process` });
  });

  test("makes a directory that its owner alone can enter", () => {
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  test("sets what the guarantees rest on: a flush at each commit, foreign keys, deleted content wiped", async () => {
    const pragma = async (name: string): Promise<unknown> => {
      const [row] = (await store.knex.raw(`PRAGMA ${name}`)) as Record<string, unknown>[];
      return Object.values(row ?? {})[0];
    };
    expect(await pragma("synchronous")).toBe(2);
    expect(await pragma("journal_mode")).toBe("wal");
    expect(await pragma("foreign_keys")).toBe(1);
    expect(await pragma("secure_delete")).toBe(1);
  });

  test("that is closed refuses work", async () => {
    await store.ping();
    const other = await open("friends");
    await other.close();
    await expect(other.ping()).rejects.toThrow();
  });
});
