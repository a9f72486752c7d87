import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { partsIn, until } from "../support/cluster.ts";
import { launchNpm, type Launched } from "../support/launch.ts";
import { freePort } from "../support/ports.ts";
import { isAlive, processesWith, processOf } from "../support/proc.ts";

const STARTS_WITHIN_MS = 60_000;
const STOPS_WITHIN_MS = 10_000;
jest.setTimeout(STARTS_WITHIN_MS);

let dataDir: string;
let env: Record<string, string>;
let cluster: Launched;

const launch = (...flags: string[]) => launchNpm(["run", "cluster", "--", ...flags], env);
const launchSmall = () => launch("--gateways", "1", "--chat", "1");
const toolOf = ({ group }: Launched) => processOf(group, "scripts/cluster/cluster.ts");
const listed = (name: string) => partsIn(dataDir).find((part) => part.name === name);
const running = () => processesWith(`REWIND_CLUSTER=${dataDir}`);
const isUp = (name: string) => (listed(name) as { up?: boolean } | undefined)?.up === true;
const said = (text: string) => until(text, () => cluster.stderr().includes(`cluster    ${text}`));
const readiness = async (url: string) => (await fetch(`${url}/readyz`)).status;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "rewind-tool-"));
  const [port, metrics] = [await freePort(), await freePort()];
  env = { DATA_DIR: dataDir, PORT: String(port), METRICS_PORT: String(metrics), CLUSTER_DURABLE: "off" };
});
afterAll(async () => {
  for (const pid of running()) process.kill(pid, "SIGKILL");
  if (cluster) cluster.signal(-cluster.group, "SIGKILL");
  await cluster?.exited;
  await rm(dataDir, { recursive: true, force: true });
});

describe("its flags", () => {
  test("--help says which there are", async () => {
    const help = launch("--help");
    expect(await help.exited).toMatchObject({ code: 0 });
    expect(help.stdout()).toContain("--gateways");
  });

  test.each(["--chat 0", "--chats 1", "chat"])("%s is refused with one line", async (flags) => {
    const refused = launch(...flags.split(" "));
    expect(await refused.exited).toMatchObject({ code: 1 });
    expect(refused.stderr()).toMatch(/^cluster {4}.+\n$/);
  });
});

describe("a cluster that runs", () => {
  beforeAll(async () => {
    cluster = launchSmall();
    await cluster.says(/^ready /m, STARTS_WITHIN_MS);
  });

  test("said so, and no more, when its gateway could serve", async () => {
    expect(cluster.stdout()).toBe(`ready http://127.0.0.1:${env["PORT"]}\n`);
    expect(await readiness(`http://127.0.0.1:${env["PORT"]}`)).toBe(200);
  });

  test("lists every process that runs, each with metrics of its own", async () => {
    const parts = partsIn(dataDir) as { pid: number; name: string; metricsPort?: number }[];
    expect(parts.map(({ pid }) => pid).toSorted()).toEqual(running().toSorted());
    const ports = parts.flatMap(({ metricsPort }) => metricsPort ?? []);
    expect(new Set(ports).size).toBe(6);
    for (const port of ports) expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200);
  });

  test("refuses a second one on its data with one line, and goes on", async () => {
    const before = partsIn(dataDir);
    const second = launchSmall();
    expect(await second.exited).toMatchObject({ code: 1 });
    expect(second.stderr()).toBe(`cluster    another cluster runs on ${dataDir}\n`);
    expect(partsIn(dataDir)).toEqual(before);
  });

  test.each(["chat-1", "nats", "mariadb"])(
    "starts %s again when it is killed, and lists it anew",
    async (name) => {
      const pid = listed(name)?.pid ?? 0;
      cluster.signal(pid, "SIGKILL");
      await said(`${name} is up`);
      expect(listed(name)?.pid).not.toBe(pid);
      expect(isUp(name)).toBe(true);
      await until("ready again", async () => (await readiness(`http://127.0.0.1:${env["PORT"]}`)) === 200);
    },
  );

  test("takes in one more gateway, and lets it go", async () => {
    const url = `http://127.0.0.1:${Number(env["PORT"]) + 1}`;
    cluster.tell("add gateway");
    await said(`gateway-2 is up: ${url}`);
    expect(await readiness(url)).toBe(200);
    const pid = listed("gateway-2")?.pid ?? 0;
    cluster.tell("remove gateway-2");
    await said("gateway-2 is gone");
    expect(isAlive(pid)).toBe(false);
    expect(listed("gateway-2")).toBeUndefined();
    cluster.tell("remove gateway-2");
    await said("there is no gateway-2");
  });

  test("can be asked by a REPL", async () => {
    const asking = promisify(execFile)("npm", ["run", "--silent", "repl"], {
      env: { ...process.env, ...env, NODE_OPTIONS: "" },
    });
    asking.child.stdin?.end("nodes\ncall users.ready\ncall users.get --name nobody\n");
    const { stdout, stderr } = await asking;
    for (const kind of ["auth", "mailer", "users", "friends", "chat", "gateway"])
      expect(stdout).toMatch(new RegExp(`${kind}-1-\\w+ .*ONLINE`));
    expect(stdout).toMatch(/'users.ready'[^]*Response[^]*'users.get'/);
    expect(stderr).toContain("select named user is not exist");
  });

  test("leaves nothing running when it is killed", async () => {
    cluster.signal(toolOf(cluster), "SIGKILL");
    await cluster.exited;
    await until("nothing runs", () => running().length === 0);
  });
});

describe("the next one on its data", () => {
  test("ends what is left of the one before; stopped while it starts it leaves nothing, and exits with 0", async () => {
    const leftover = spawn("sleep", ["600"], { env: { ...process.env, REWIND_CLUSTER: dataDir } });
    const ended = once(leftover, "exit");
    cluster = launchSmall();
    await ended;
    await until("a gateway starts", () => listed("gateway-1") && !isUp("gateway-1"), STARTS_WITHIN_MS);
    cluster.signal(toolOf(cluster), "SIGTERM");
    expect(await cluster.exited).toMatchObject({ code: 0 });
    expect(cluster.stdout()).toBe("");
    expect(running()).toEqual([]);
    expect(partsIn(dataDir)).toEqual([]);
  });

  test("starts, and stops in time even where a process hangs", async () => {
    cluster = launchSmall();
    await cluster.says(/^ready /m, STARTS_WITHIN_MS);
    for (const name of ["gateway-1", "chat-1", "nats"]) cluster.signal(listed(name)?.pid ?? 0, "SIGSTOP");
    const begun = Date.now();
    cluster.signal(toolOf(cluster), "SIGTERM");
    expect(await cluster.exited).toMatchObject({ code: 0 });
    expect(Date.now() - begun).toBeLessThan(STOPS_WITHIN_MS);
    expect(running()).toEqual([]);
  });
});
