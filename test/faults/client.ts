import { setTimeout as pause } from "node:timers/promises";
import { WebSocket, type RawData } from "ws";
import type { Change, Device, Log, Seen, Write } from "./events.ts";

export type Frame = { type: string; payload: unknown; ref?: string };
export type Ending = { code: number; reason: string };
export type Open = { write: Write; peer: string; tries: number; isUncertain: boolean };
export type Options = Device & { token: string; urls: string[]; home: number; log: Log };
/** A message of one's own that may be edited yet. */
type Own = { id: string; peer: string; chat: string; at: number };

const OPENS_WITHIN_MS = 2_500;
const BEGINS_WITHIN_MS = 12_000;
const BEAT_EVERY_MS = 2_000;
/** A server that says nothing for so long is taken for gone; it may take 5 s to answer. */
const SILENCE_MS = 7_000;
const EDITABLE_MS = 10_000;

/** Somebody's device: connected, and connected again elsewhere whenever that ends, until it is told to leave. */
export abstract class Client {
  readonly device: Device;
  isLive = false;
  /** Which gateway it is at. */
  at: number;
  protected socket: WebSocket | undefined;
  protected readonly options: Options;
  /** What was begun and has no outcome. */
  protected readonly open = new Map<string, Open>();
  #own: Own[] = [];
  #ops = 0;
  #heardAt = 0;
  #isLeaving = false;
  #running: Promise<void> | undefined;

  constructor(options: Options) {
    const { name, user, protocol, isStranger } = options;
    this.device = { name, user, protocol, isStranger };
    this.options = options;
    this.at = options.home;
  }

  protected abstract readonly subprotocols: string[];
  /** From an open socket to one that is told of everything. */
  protected abstract begin(): Promise<void>;
  protected abstract hear(frame: Frame): void;
  protected abstract say(open: Open): void;
  /** A socket has ended: what of the open writes? */
  protected abstract ended(): void;
  /** Milliseconds until the next socket. */
  protected abstract waitAfter(ending: Ending): number;

  connect(): void {
    this.#running = this.#stay();
  }

  async leave(): Promise<void> {
    this.#isLeaving = true;
    this.socket?.terminate();
    await this.#running;
  }

  /** A client that says things again may begin them while it is away; one that cannot may not. */
  get mayWrite(): boolean {
    return this.isLive || this.device.protocol === "v2";
  }

  get unsettled(): number {
    return this.open.size;
  }

  /** Comes back to the gateway that is its own, as after a walk out of the Wi-Fi's reach. */
  goHome(): void {
    if (this.at === this.options.home) return;
    this.at = this.options.home;
    this.socket?.close();
  }

  /** Does what concerns others and is no message, where the protocol has it. */
  wave(): void {}

  write(peer: string, pair: string, type: Change): void {
    const own = type === "send" ? undefined : this.#takeOwn();
    this.#ops += 1;
    const op = `${this.device.name}.${this.#ops}`;
    const write: Write = own
      ? { op, type, pair, content: type === "delete" ? "" : `${op} edited`, id: own.id }
      : { op, type: "send", pair, content: `${op} says hello` };
    const open: Open = { write, peer: own?.peer ?? peer, tries: 0, isUncertain: false };
    if (own) write.pair = own.chat;
    this.open.set(op, open);
    this.log({ kind: "invoke", write });
    this.say(open);
  }

  protected log(entry: Parameters<Log["record"]>[1]): void {
    this.options.log.record(this.device.name, entry);
  }

  protected sendFrame(type: string, payload: unknown, ref?: string): void {
    if (this.socket?.readyState === WebSocket.OPEN)
      this.socket.send(JSON.stringify({ type, payload, ...(ref !== undefined && { ref }) }));
  }

  /** The write is done. */
  protected settled({ write, peer }: Open, message: Seen): void {
    if (!this.open.delete(write.op)) return;
    this.log({ kind: "ok", op: write.op, message });
    if (write.type !== "delete") this.#own.push({ id: message.id, peer, chat: write.pair, at: Date.now() });
  }

  protected gaveUp({ write }: Open, kind: "fail" | "unknown", reason: string): void {
    if (this.open.delete(write.op)) this.log({ kind, op: write.op, reason });
  }

  /** The oldest message that may be changed; nothing else changes it until that has an outcome. */
  #takeOwn(): Own | undefined {
    const oldest = Date.now() - EDITABLE_MS;
    this.#own = this.#own.filter(({ at }) => at > oldest).slice(-20);
    return this.#own.shift();
  }

  async #stay(): Promise<void> {
    while (!this.#isLeaving) {
      const ending = await this.#live();
      if (this.#isLeaving) return;
      await pause(this.waitAfter(ending));
    }
  }

  /** One socket, from its opening to its end. */
  async #live(): Promise<Ending> {
    const { urls } = this.options;
    const url = urls[this.at % urls.length] ?? "";
    const socket = new WebSocket(url, this.subprotocols, { handshakeTimeout: OPENS_WITHIN_MS });
    this.socket = socket;
    this.#heardAt = Date.now();
    const { promise: over, resolve } = Promise.withResolvers<Ending>();
    socket.on("error", () => {}); // close follows
    socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    socket.on("message", (data: RawData) => {
      this.#heardAt = Date.now();
      if (this.socket === socket) this.hear(JSON.parse(data.toString()) as Frame);
    });
    const beat = setInterval(() => {
      this.sendFrame("heartbeat", null);
      if (Date.now() - this.#heardAt > SILENCE_MS) socket.terminate();
    }, BEAT_EVERY_MS);
    const late = setTimeout(() => socket.terminate(), BEGINS_WITHIN_MS);
    const begun = new Promise((open) => void socket.once("open", open))
      .then(() => this.begin())
      .then(() => this.#becomeLive(url))
      .catch(() => socket.terminate())
      .finally(() => clearTimeout(late));
    const ending = await over;
    clearInterval(beat);
    clearTimeout(late);
    this.#end(ending);
    await Promise.race([begun, pause(0)]);
    return ending;
  }

  #becomeLive(url: string): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.isLive = true;
    this.log({ kind: "live", url });
    for (const open of this.open.values()) this.say(open);
  }

  /** Where it ends by the other's will, the next one is at the next gateway. */
  #end({ code, reason }: Ending): void {
    this.isLive = false;
    this.log({ kind: "down", code, reason });
    if (code !== 1005) this.at = (this.at + 1) % this.options.urls.length;
    this.ended();
  }
}
