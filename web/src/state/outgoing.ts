import { computed, signal } from "@preact/signals";
import type { Client, Entry, Message, RewindError, Target } from "../../../sdk/src/index.ts";
import type { SendEntry, Unsent } from "./timeline.ts";

/** What was refused is there until one logs out: it outlives the end of a session. */
const refused = signal<readonly Unsent[]>([]);
export const forgetRefused = () => (refused.value = []);

type Hooks = {
  /** The first message to somebody was stored. */
  first(peerId: string, message: Message): void;
  /** An edit or a deletion was refused. */
  refused(error: RewindError): void;
};

const isSend = (entry: Entry): entry is SendEntry => entry.type === "send";

/** What was asked for and is not done: what waits, and which messages were refused. */
export class Outgoing {
  readonly entries = signal<readonly Entry[]>([]);
  /** In the order in which they were sent. */
  readonly unsent = computed((): readonly Unsent[] => {
    const waiting = this.entries.value.filter(isSend).map((entry) => ({ entry }));
    const all = [...refused.value, ...waiting];
    return refused.value.length > 0 ? all.sort((a, b) => a.entry.at - b.entry.at) : waiting;
  });
  /** Edits and deletions that wait, by the message. */
  readonly revisions = computed(() => {
    const revisions = this.entries.value.flatMap((entry) =>
      isSend(entry) ? [] : [[entry.id, entry] as const],
    );
    return new Map(revisions);
  });

  readonly #client: Client;
  readonly #hooks: Hooks;
  #latest: readonly Entry[] = [];
  #gone: readonly Entry[] = [];

  constructor(client: Client, hooks: Hooks) {
    this.#client = client;
    this.#hooks = hooks;
  }

  send(target: Target, content: string): void {
    const sending = this.#client.send(target, content);
    const entry = this.#client.outbox.at(-1);
    const peerId = "user_id" in target ? target.user_id : undefined;
    sending.then(
      (message) => peerId !== undefined && this.#hooks.first(peerId, message),
      (error: RewindError) => entry && this.#refuse(entry, error),
    );
  }

  edit(message: Message, content: string): void {
    this.#client.edit(message, content).catch((error: RewindError) => this.#told(error));
  }
  remove(message: Message): void {
    this.#client.remove(message).catch((error: RewindError) => this.#told(error));
  }

  retry({ entry }: Unsent): void {
    const { chat_id, user_id = "" } = entry;
    this.discard(entry.nonce);
    this.send(chat_id === undefined ? { user_id } : { chat_id }, entry.content);
  }
  discard(nonce: string): void {
    refused.value = refused.value.filter(({ entry }) => entry.nonce !== nonce);
  }

  /** The outbox has changed; it is taken over with `show`. */
  note(): void {
    const { outbox } = this.#client;
    const nonces = new Set(outbox.map(({ nonce }) => nonce));
    this.#gone = this.#latest.filter(({ nonce }) => !nonces.has(nonce));
    this.#latest = outbox;
    queueMicrotask(() => (this.#gone = []));
  }
  show(): void {
    this.entries.value = this.#latest;
  }

  /** What an earlier page had left was refused: the entry has just gone from the outbox. */
  refuseStored(error: RewindError): void {
    for (const entry of this.#gone) this.#refuse(entry, error);
  }

  /** What is closed is not refused: it is said by the next client. */
  #told(error: RewindError): void {
    if (error.type !== "CLOSED") this.#hooks.refused(error);
  }
  #refuse(entry: Entry, error: RewindError): void {
    if (!isSend(entry)) return this.#told(error);
    if (error.type === "CLOSED") return;
    refused.value = [...refused.value, { entry, error }];
  }
}
