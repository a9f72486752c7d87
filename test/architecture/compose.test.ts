import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { IMAGES } from "../../scripts/servers/docker.ts";
import { parseConfig } from "../../services/common/config.ts";

/** What is the same in the file and in what `docker compose config` makes of it. */
type Container = {
  image: string;
  build?: unknown;
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  healthcheck?: { test: string[] };
  environment?: Record<string, string | number | null>;
  depends_on?: Record<string, { condition: string }>;
  networks?: string[] | Record<string, unknown>;
  ports?: unknown[];
  container_name?: string;
};
type System = { services: Record<string, Container>; networks: Record<string, { internal?: boolean }> };

const ROOT = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const text = read("docker-compose.yml");

/** `docker/env.sh` on a folder of its own, twice. */
const folder = mkdtempSync(join(tmpdir(), "rewind-compose-"));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, "docker"));
copyFileSync(join(ROOT, "docker/env.sh"), join(folder, "docker/env.sh"));
const makeEnv = () => spawnSync("sh", ["docker/env.sh"], { cwd: folder }).status;
const envFile = join(folder, ".env");
const statuses = [makeEnv(), makeEnv()];
const made = readFileSync(envFile, "utf8");
const secrets = Object.fromEntries(
  [...made.matchAll(/^(\w+)=(.+)$/gm)].map(([, name = "", value = ""]) => [name, value]),
);

const asWritten = (): System => {
  const filled = text.replaceAll(
    /\$\{(\w+)(?::-([^}]*))?[^}]*\}/g,
    (_, name, or) => secrets[name] ?? or ?? "",
  );
  return parse(filled, { merge: true }) as System;
};

/** Undefined where there is no Docker client with compose. */
const asDockerReads = (): System | undefined => {
  const args = ["compose", "--env-file", envFile, "config", "--format", "json"];
  const env = {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    DOCKER_CONFIG: process.env["DOCKER_CONFIG"],
  };
  if (spawnSync("docker", ["compose", "version"], { env }).status !== 0) return undefined;
  const { status, stdout, stderr } = spawnSync("docker", args, { cwd: ROOT, env, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as System;
};

const byDocker = asDockerReads();
if (!byDocker) process.stderr.write("no `docker compose` here: docker-compose.yml is read as YAML alone\n");
const readings: [string, System][] = [["as written", asWritten()]];
if (byDocker) readings.push(["as `docker compose config` reads it", byDocker]);

const SERVICES = ["auth", "mailer", "users", "friends", "chat"];
const PARTS = ["gateway", ...SERVICES];
/** Done when it has run. */
const ONE_SHOT = "migrate";
const EXACT = /^[\w./-]+:v?\d+\.\d+\.\d+(-[\w.-]+)?$/;

const names = (list: Container["networks"]) =>
  Array.isArray(list) ? list : Object.keys(list ?? { default: 1 });

describe.each(readings)("docker-compose.yml, %s", (_, { services, networks }) => {
  const all = Object.entries(services);
  const containerOf = (name: string): Container => services[name] ?? { image: "" };
  const told = (name: string) =>
    Object.fromEntries(
      Object.entries(containerOf(name).environment ?? {}).map(([k, v]) => [k, String(v ?? "")]),
    );

  test("has each part, and what it stands on", () => {
    expect(Object.keys(services).toSorted()).toEqual(
      [...PARTS, ONE_SHOT, "proxy", "nats", "mariadb", "mailpit"].toSorted(),
    );
  });

  test.each(all)("%s is of an exact version, and may do nothing that it need not", (__, container) => {
    if (container.build === undefined) expect(container.image).toMatch(EXACT);
    expect(container).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
    });
    expect(container.user).toMatch(/^(?!root|0\b)./);
    expect(container).not.toHaveProperty("container_name");
  });

  test.each(all.filter(([name]) => name !== ONE_SHOT))(
    "%s is asked for its health",
    (__, { healthcheck }) => {
      expect(healthcheck?.test[0]).toBe("CMD");
    },
  );

  test("every part can be scaled: only the proxy and the mail catcher have a port of this machine, and locally", () => {
    const published = all.filter(([, { ports }]) => ports !== undefined);
    expect(published.map(([name]) => name).toSorted()).toEqual(["mailpit", "proxy"]);
    for (const [, { ports }] of published) expect(JSON.stringify(ports)).toContain("127.0.0.1");
  });

  test("nothing starts before what it cannot start without", () => {
    for (const service of SERVICES)
      expect(containerOf(service).depends_on).toMatchObject({
        nats: { condition: "service_healthy" },
        migrate: { condition: "service_completed_successfully" },
      });
    expect(containerOf(ONE_SHOT).depends_on).toMatchObject({ mariadb: { condition: "service_healthy" } });
    expect(containerOf("proxy").depends_on).toMatchObject({ gateway: { condition: "service_healthy" } });
  });

  test("a service knows its own database user, the gateway none", () => {
    for (const service of SERVICES) {
      const { username, password, host } = new URL(told(service)["MYSQL_URL"] ?? "");
      const own = secrets[`MYSQL_${service.toUpperCase()}_PASSWORD`];
      expect({ username, password, host }).toEqual({
        username: `rewind_${service}`,
        password: own,
        host: "mariadb:3306",
      });
    }
    expect(told("gateway")).not.toHaveProperty("MYSQL_URL");
  });

  test("each secret is told to those who need it", () => {
    const knowing = (secret: string) =>
      all
        .filter(([name]) => Object.values(told(name)).some((value) => value.includes(secret)))
        .map(([name]) => name);
    const known = Object.fromEntries(
      Object.entries(secrets).map(([name, secret]) => [name, knowing(secret).toSorted()]),
    );
    const own = SERVICES.map((service) => [
      `MYSQL_${service.toUpperCase()}_PASSWORD`,
      [service, ONE_SHOT].toSorted(),
    ]);
    expect(known).toEqual({
      ...Object.fromEntries(own),
      JWT_SECRET: ["auth"],
      NATS_PASSWORD: [...PARTS, "nats"].toSorted(),
      MYSQL_ROOT_PASSWORD: ["mariadb", ONE_SHOT],
    });
  });

  test("the database is out of the gateway's reach, the bus out of the proxy's, and both out of the world's", () => {
    const on = (name: string) => names(containerOf(name).networks);
    const share = (a: string, b: string) => on(a).some((network) => on(b).includes(network));
    expect(share("gateway", "mariadb")).toBe(false);
    expect(share("proxy", "nats") || share("proxy", "mariadb")).toBe(false);
    expect(
      [...on("nats"), ...on("mariadb"), ...on("gateway")].every((name) => networks[name]?.internal),
    ).toBe(true);
    for (const service of SERVICES) expect(share(service, "nats") && share(service, "mariadb")).toBe(true);
  });

  test.each([...PARTS, ONE_SHOT])(
    "%s is told only what the configuration knows, and it is well-formed",
    (part) => {
      const known = [...read("services/common/config.ts").matchAll(/env(?:, |\[)"([A-Z][A-Z\d_]+)"/g)].map(
        ([, n]) => n,
      );
      const passwords = SERVICES.map((service) => `MYSQL_${service.toUpperCase()}_PASSWORD`);
      for (const name of Object.keys(told(part)))
        expect(part === ONE_SHOT ? [...known, ...passwords] : known).toContain(name);
      expect(() => parseConfig({ ...told(part), NODE_ENV: "production" })).not.toThrow();
    },
  );

  test("a server of one's own out of Docker is the same as here", () => {
    expect(IMAGES).toEqual({ nats: containerOf("nats").image, mariadb: containerOf("mariadb").image });
  });
});

test("docker/env.sh writes each secret that is asked for, for its owner alone, and never over another", () => {
  const asked = new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name));
  expect(Object.keys(secrets).toSorted()).toEqual([...asked].toSorted());
  expect(new Set(Object.values(secrets)).size).toBe(asked.size);
  expect(statSync(envFile).mode & 0o777).toBe(0o600);
  expect(statuses).toEqual([0, expect.not.stringMatching("0")]);
  expect(readFileSync(envFile, "utf8")).toBe(made);
});

test("the image is built on the Node that everything else runs on, and .env stays out of it", () => {
  const { dependencies } = JSON.parse(read("package.json")) as { dependencies: { node: string } };
  expect(read("Dockerfile").match(/^FROM \S+:.*$/gm)).toEqual([
    `FROM node:${dependencies.node}-bookworm-slim AS node`,
  ]);
  const ignored = read(".dockerignore").split("\n");
  expect(ignored).toContain("*");
  expect(ignored).not.toContain("!.env");
});
