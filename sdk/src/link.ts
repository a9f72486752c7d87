import { backoff } from "./backoff.ts";
import { Connection, type Ending, type Frame } from "./connection.ts";
import { asError, closed, isError, RewindError } from "./errors.ts";
import type { Options, SocketClass, State } from "./types.ts";

export type Hooks = {
  /** From `hello` to a connection that is told of everything. */
  begin(connection: Connection): Promise<void>;
  hear(frame: Frame): void;
  online(connection: Connection): void;
  /** What was online is not any more. */
  lost(): void;
  state(state: State): void;
  /** It is over, by the server's will. */
  failed(error: RewindError): void;
};
type Waiter = PromiseWithResolvers<Connection>;

const TOO_BIG = 1009;

/** One connection after the other, until it is told to leave. */
export class Link {
  state: State = "connecting";
  readonly #options: Options;
  readonly #hooks: Hooks;
  readonly #waiters = new Set<Waiter>();
  readonly #forget: () => void;
  #connection: Connection | undefined;
  /** Connections that were not ready, one after the other. */
  #tries = 0;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(options: Options, hooks: Hooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#forget = onNetwork(() => this.#networkChanged());
    this.#open();
  }

  /** The connection, while it is ready. */
  get current(): Connection | undefined {
    return this.state === "online" ? this.#connection : undefined;
  }

  /** @throws RewindError CLOSED */
  whenOnline(): Promise<Connection> {
    if (this.state === "closed") return Promise.reject(closed());
    if (this.current) return Promise.resolve(this.current);
    const waiter: Waiter = Promise.withResolvers();
    this.#waiters.add(waiter);
    return waiter.promise;
  }

  close(): void {
    if (this.state === "closed") return;
    clearTimeout(this.#again);
    this.#forget();
    this.#connection?.close();
    this.#becomes("closed");
    for (const { reject } of this.#waiters) reject(closed());
    this.#waiters.clear();
  }

  #open(): void {
    this.#tries += 1;
    const { url, heartbeat, WebSocket = globalThis.WebSocket as SocketClass } = this.#options;
    const connection = new Connection(socketUrl(url), WebSocket, heartbeat, {
      hello: () => void this.#begin(connection),
      hear: (frame) => this.#hooks.hear(frame),
      ended: (ending) => this.#ended(ending),
    });
    this.#connection = connection;
  }

  async #begin(connection: Connection): Promise<void> {
    try {
      await this.#hooks.begin(connection);
    } catch (error) {
      if (connection === this.#connection) this.#couldNotBegin(connection, asError(error, "FAILED"));
      return;
    }
    if (connection !== this.#connection || this.state === "closed") return;
    this.#tries = 0;
    this.#becomes("online");
    if (this.current) this.#hooks.online(connection);
    for (const { resolve } of this.#waiters) resolve(connection);
    this.#waiters.clear();
  }

  #couldNotBegin(connection: Connection, error: RewindError): void {
    if (isError(error, "DISCONNECTED") || isError(error, "CLOSED")) return;
    if (!error.isPassing) return this.#fail(error);
    connection.close();
    this.#retry(error.retryAfterMs);
  }

  #ended({ code, reason }: Ending): void {
    const { reconnect = code !== TOO_BIG, after_ms, reason: why = "" } = parsed(reason);
    if (!reconnect) return this.#fail(new RewindError("SENT_AWAY", why, { code }));
    this.#retry(after_ms);
  }

  #retry(afterMs = backoff(this.#tries + 1)): void {
    this.#connection = undefined;
    if (this.state === "online") {
      this.#hooks.lost();
      this.#becomes("reconnecting");
    }
    if (this.state === "closed") return; // by who was told
    this.#again = setTimeout(() => this.#reopen(), afterMs);
  }

  #reopen(): void {
    clearTimeout(this.#again);
    this.#again = undefined;
    this.#open();
  }

  #fail(error: RewindError): void {
    this.#hooks.failed(error);
    this.close();
  }

  /** Whatever was thought of the network may be wrong. */
  #networkChanged(): void {
    if (this.#connection) this.#connection.probe();
    else if (this.#again !== undefined) this.#reopen();
  }

  #becomes(state: State): void {
    if (this.state === state) return;
    this.state = state;
    this.#hooks.state(state);
  }
}

/** The address of the socket, of that of the server. */
const socketUrl = (url: string): string =>
  `${url.replace(/^http/, "ws").replace(/\/+$/, "").replace(/\/ws$/, "")}/ws`;

function parsed(reason: string): { reconnect?: boolean; after_ms?: number; reason?: string } {
  try {
    return JSON.parse(reason) as { reconnect?: boolean; after_ms?: number; reason?: string };
  } catch {
    return {}; // no close frame
  }
}

/** In a browser: when it says that the network came or went, or the page is looked at again. */
function onNetwork(changed: () => void): () => void {
  const target = globalThis as Partial<Pick<EventTarget, "addEventListener" | "removeEventListener">>;
  const kinds = ["online", "offline", "focus"];
  for (const kind of kinds) target.addEventListener?.(kind, changed);
  return () => {
    for (const kind of kinds) target.removeEventListener?.(kind, changed);
  };
}
