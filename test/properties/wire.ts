import { WebSocket } from "ws";

const TIMEOUT = 3_000;
export type Answer = { type: string; payload: unknown };
type Waiting = { echo: string; resolve: (texts: string[]) => void; reject: (error: Error) => void };

let beats = 0;
/** Never the same twice, and spelled as no serialiser would. */
const beat = () => `{ "type":"heartbeat",\t"payload" : [1.0e0, "\\u0061", ${(beats += 1)}] }`;

/** A socket to `/ws` that keeps the text of what arrives as it came. */
export class Wire {
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  #texts: string[] = [];
  #waiting: Waiting | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#arrive(String(data)));
    socket.on("error", () => {}); // told by the close that follows
    this.closed = new Promise((resolve) => {
      socket.once("close", (code) => {
        this.#waiting?.reject(new Error(`the socket was closed with ${code}`));
        resolve(code);
      });
    });
  }

  /** `url` is the HTTP base URL of a gateway. */
  static async connect(url: string): Promise<Wire> {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws`);
    const wire = new Wire(socket);
    await new Promise((resolve, reject) => void socket.once("open", resolve).once("error", reject));
    return wire;
  }

  static async connectAs(url: string, { token }: { token: string }): Promise<Wire> {
    const wire = await Wire.connect(url);
    await wire.exchange("{}");
    const [answer] = await wire.ask("auth", { auth: token });
    if (answer?.type !== "auth") throw new Error(`not signed in: ${JSON.stringify(answer)}`);
    return wire;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** A string goes as a text frame, bytes as a binary frame. */
  send(data: string | Uint8Array): void {
    this.#socket.send(data, { binary: typeof data !== "string" });
  }
  /** Bytes that claim to be text. */
  sendAsText(bytes: Uint8Array): void {
    this.#socket.send(bytes, { binary: false });
  }

  /**
   * Sends a frame, then a heartbeat, and answers with all that came, in the order of arrival, before that very
   * heartbeat came back byte for byte. Fails when it does not.
   */
  exchange(data: string | Uint8Array): Promise<string[]> {
    this.send(data);
    return this.heard();
  }

  /** All that came and was not read yet, up to the echo of a heartbeat that is sent now. */
  heard(): Promise<string[]> {
    const echo = beat();
    return new Promise((resolve, reject) => {
      if (!this.isOpen) return reject(new Error("the socket is closed"));
      const giveUp = () => reject(new Error(`no echo of ${echo} but\n  ${this.#texts.join("\n  ")}`));
      const timer = setTimeout(giveUp, TIMEOUT);
      const done = () => {
        clearTimeout(timer);
        this.#waiting = undefined;
      };
      this.#waiting = {
        echo,
        resolve: (texts) => (done(), resolve(texts)),
        reject: (error) => (done(), reject(error)),
      };
      this.send(echo);
    });
  }

  /** What came and was not read yet. */
  unread(): string[] {
    return this.#texts.splice(0);
  }

  async ask(type: string, payload: unknown): Promise<Answer[]> {
    return (await this.exchange(JSON.stringify({ type, payload }))).map(parse);
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }

  #arrive(text: string): void {
    if (text !== this.#waiting?.echo) this.#texts.push(text);
    else this.#waiting.resolve(this.#texts.splice(0));
  }
}

export const parse = (text: string): Answer => JSON.parse(text) as Answer;
