import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { clusterOf, kindOf, query, schemaOf, SERVICES, type Cluster } from "../support/cluster.ts";
import { register } from "../support/people.ts";
import { environOf, socketsOf } from "../support/proc.ts";
import { startServer, type Server } from "../support/server.ts";

const JWT_SECRET = "given-by-the-operator-7f3a9c51d2e8b640";
let server: Server;
let cluster: Cluster;
beforeAll(async () => {
  server = await startServer({ JWT_SECRET }, "cluster");
  cluster = clusterOf(server);
  await register(server); // a row in most tables
});

/** What a service logs in to the database with: it stands in its environment. */
const urlOf = (service: string) => environOf(cluster.part(`${service}-1`).pid)["MYSQL_URL"] ?? "";
const tablesOf = async (service: string) =>
  (await cluster.sql(service, "SHOW TABLES")).flatMap((row) => Object.values(row).map(String));
/** Something to do that needs no more than one right. */
const attempts = (schema: string, table: string) => [
  `SELECT * FROM ${schema}.${table} LIMIT 1`,
  `DELETE FROM ${schema}.${table}`,
  `DROP TABLE ${schema}.${table}`,
  `CREATE TABLE ${schema}.mine (id INT)`,
];
const DENIED = { code: expect.stringMatching(/^ER_(TABLE|DB)ACCESS_DENIED/) };

describe("a service's database user", () => {
  test.each(SERVICES)("%s reads its own schema, and sees no other", async (service) => {
    const [table = ""] = await tablesOf(service);
    const own = await query(urlOf(service), schemaOf(service), `SELECT COUNT(*) AS n FROM ${table}`);
    expect(own).toHaveLength(1);
    const seen = await query(urlOf(service), schemaOf(service), "SHOW DATABASES");
    expect(seen.flatMap((row) => Object.values(row)).toSorted()).toEqual([
      "information_schema",
      schemaOf(service),
    ]);
  });

  const pairs = SERVICES.flatMap((mine) =>
    SERVICES.filter((it) => it !== mine).map((other) => [mine, other]),
  );
  test.each(pairs)("%s can neither read nor change what is %s's", async (mine = "", other = "") => {
    const tables = await tablesOf(other);
    expect(tables.length).toBeGreaterThan(0);
    for (const table of tables)
      for (const sql of attempts(schemaOf(other), table))
        await expect(query(urlOf(mine), schemaOf(mine), sql)).rejects.toMatchObject(DENIED);
    expect(await tablesOf(other)).toEqual(tables);
  });
});

describe("a gateway", () => {
  const gateways = () => cluster.processes().filter(({ name }) => kindOf(name) === "gateway");

  test("is told of no database", () => {
    expect(gateways().length).toBeGreaterThan(1);
    for (const { pid } of gateways()) {
      expect(environOf(pid)["NATS_URL"]).toMatch(/^nats:/);
      expect(environOf(pid)["MYSQL_URL"] ?? "").toBe("");
    }
  });

  test("has no connection to the database; a service has", () => {
    const { port } = cluster.part("mariadb");
    const connections = (pid: number) => socketsOf(pid).filter(({ remotePort }) => remotePort === port);
    for (const { pid } of gateways()) {
      expect(socketsOf(pid).length).toBeGreaterThan(0);
      expect(connections(pid)).toEqual([]);
    }
    expect(connections(cluster.part("chat-1").pid).length).toBeGreaterThan(0);
  });
});

describe("a secret", () => {
  test("that signs tokens is auth's alone", () => {
    const knowing = cluster
      .processes()
      .filter(({ pid }) => Object.values(environOf(pid)).includes(JWT_SECRET));
    expect(knowing.map(({ name }) => name)).toEqual(["auth-1"]);
  });

  test("of one service stands in no other's environment", () => {
    type Secrets = { admin: string; passwords: Record<string, string> };
    const secrets = JSON.parse(readFileSync(join(server.dataDir, "secrets.json"), "utf8")) as Secrets;
    for (const { name, pid } of cluster.processes()) {
      const environment = Object.values(environOf(pid)).join("\n");
      expect(environment).not.toContain(secrets.admin);
      for (const [service, password] of Object.entries(secrets.passwords))
        expect([name, service, environment.includes(password)]).toEqual([
          name,
          service,
          kindOf(name) === service,
        ]);
    }
  });
});
