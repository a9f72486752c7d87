import type { Outgoing } from "./protocol.ts";

/** A frame that is encoded once, however many sockets it goes to, and not at all where none sends it. */
export class Encoded {
  readonly #frame: Outgoing;
  #bytes: Buffer | undefined;

  constructor(frame: Outgoing) {
    this.#frame = frame;
  }
  /** UTF-8. */
  get bytes(): Buffer {
    return (this.#bytes ??= Buffer.from(JSON.stringify(this.#frame)));
  }
}
