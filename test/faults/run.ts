import { setTimeout as pause } from "node:timers/promises";
import { until } from "../support/cluster.ts";
import { isAlive } from "../support/proc.ts";
import { Checker } from "./checker.ts";
import { makeCast, type Cast } from "./cast.ts";
import type { Cluster } from "./cluster.ts";
import type { Log } from "./events.ts";
import { Meter } from "./meter.ts";
import { pick, type Fault } from "./plan.ts";
import { insertUsers, readStore, type Store } from "./store.ts";
import { strike, type Struck } from "./strike.ts";
import { Workload } from "./workload.ts";

/** What one fault came to. */
export type Result = {
  fault: Fault;
  struck: Struck;
  /** Milliseconds: the longest time without an acknowledgement; from the lifting until everybody had healed. */
  stall: number;
  healed: number;
  /** From the lifting to the first acknowledgement. */
  resumed: number | undefined;
  /** From the strike: each client that was at the gateway that was hit, until it was live again. */
  returned: number[];
  /** The slowest write of each client of v2. */
  slowest: number[];
  violations: number;
};
export type Settings = { seed: number; rate: number; healWithinMs: number; jwtSecret: string };

/** Writes go on for so long before a fault, at least. */
const WARM_MS = 600;
const LONGEST_WRITING_MS = 60_000;
const POLL_MS = 40;

/** A cast on a cluster, under faults, watched by a checker. */
export class Run {
  readonly checker: Checker;
  readonly meter: Meter;
  readonly workload: Workload;
  readonly cast: Cast;
  readonly #cluster: Cluster;
  readonly #settings: Settings;
  readonly #unlisten: () => void;
  /** What is about to end. */
  #victim: number | undefined;

  constructor(cluster: Cluster, log: Log, settings: Settings) {
    const urls = cluster.doors.map(({ port }) => `ws://127.0.0.1:${port}/ws`);
    this.#cluster = cluster;
    this.#settings = settings;
    this.cast = makeCast(urls, settings.jwtSecret, log);
    const devices = this.cast.clients.map(({ device }) => device);
    this.checker = new Checker(devices);
    this.meter = new Meter(devices);
    this.workload = new Workload(this.cast, settings.rate);
    this.#unlisten = log.listen((event) => {
      this.checker.take(event);
      this.meter.take(event);
    });
  }

  async begin(): Promise<void> {
    await insertUsers(this.#cluster.servers.mariadb.directUrl, this.cast.users);
    await this.cast.connect();
    this.workload.resume();
  }

  /** Lets everybody write until so many writes are acknowledged in all. */
  async writeUntil(acked: number): Promise<void> {
    this.workload.resume();
    await this.#until(() => this.meter.acked >= acked, Date.now() + LONGEST_WRITING_MS);
  }

  /** Strikes once, waits until all has healed, and verifies all that happened so far. */
  async fault(fault: Fault, nth: number): Promise<Result> {
    const { checker, meter, workload, cast } = this;
    const before = checker.total;
    await until("the last victim gone", () => !isAlive(this.#victim ?? 0));
    await this.#cluster.allUp();
    for (const client of cast.clients) client.goHome();
    workload.resume();
    await pause(WARM_MS);
    meter.begin();
    const choose = <T>(items: T[]) => pick(items, this.#settings.seed, nth);
    const atHome = cast.clients.map((client) => ({ name: client.device.name, at: client.at }));
    const struck = await strike(fault, { cluster: this.#cluster, workload, choose });
    this.#victim = fault.kind === "kill" || fault.kind === "term" ? struck.pid : undefined;
    const healed = await this.#heal(struck);
    const { at, liftedAt, door } = struck;
    const first = meter.firstAckAfter(liftedAt);
    const hit = atHome.filter((client) => client.at === door);
    return {
      ...{ fault, struck, healed, stall: meter.stall, slowest: meter.slowest },
      resumed: first === undefined ? undefined : first - liftedAt,
      returned: hit.flatMap(({ name }) => {
        const live = meter.liveAfter(name, at);
        return live === undefined ? [] : [live - at];
      }),
      violations: checker.total - before,
    };
  }

  /** Stops writing and verifies the whole store. */
  async finish(): Promise<void> {
    this.workload.pause();
    await this.#until(() => this.checker.isSettled, Date.now() + this.#settings.healWithinMs);
    const store = await this.#store(new Map());
    this.checker.finish(store);
  }

  async leave(): Promise<void> {
    this.workload.pause();
    await this.cast.leave();
    this.#unlisten();
  }

  /** @returns milliseconds until everybody was connected, had all answers, and knew what the store has */
  async #heal({ liftedAt: from, isQuiet }: Struck): Promise<number> {
    const { checker, cast, workload, meter } = this;
    const deadline = from + this.#settings.healWithinMs;
    const resumed = () => meter.firstAckAfter(from) !== undefined;
    await this.#until(() => cast.areLive() && (isQuiet || resumed()), deadline);
    workload.pause();
    await this.#until(() => checker.isSettled && cast.areLive(), deadline);
    const store = await this.#store(checker.verified);
    await this.#until(() => checker.behind(store).length === 0 && cast.areLive(), deadline);
    const ms = Date.now() - from;
    if (ms >= this.#settings.healWithinMs) checker.violate("unhealed", this.#sick(ms));
    checker.settle(store);
    return ms;
  }

  #sick(ms: number): string {
    const { clients } = this.cast;
    const away = clients.filter(({ isLive }) => !isLive).map(({ device }) => device.name);
    const waiting = clients.filter(({ unsettled }) => unsettled > 0).map(({ device }) => device.name);
    return `after ${ms} ms; not connected: ${away.join(" ") || "none"}; waiting for an answer: ${waiting.join(" ") || "none"}`;
  }

  #store(after: Map<string, number>): Promise<Store> {
    const { mariadb } = this.#cluster.servers;
    return readStore(
      mariadb.directUrl,
      this.cast.users.map(({ id }) => id),
      after,
    );
  }

  async #until(holds: () => boolean, deadline: number): Promise<void> {
    while (!holds() && Date.now() < deadline) await pause(POLL_MS);
  }
}
