import { computed, signal } from "@preact/signals";
import type { Client, Entry, Message, RewindError, Target } from "../../../sdk/src/index.ts";
import type { SendEntry, Unsent } from "./timeline.ts";

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
  readonly #refused = signal<readonly Unsent[]>([]);
  /** In the order in which they were sent. */
  readonly unsent = computed((): readonly Unsent[] => {
    const waiting = this.entries.value.filter(isSend).map((entry) => ({ entry }));
    const refused = this.#refused.value;
    return refused.length > 0 ? [...refused, ...waiting].sort((a, b) => a.entry.at - b.entry.at) : waiting;
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
    this.#client.edit(message, content).catch((error: RewindError) => this.#hooks.refused(error));
  }
  remove(message: Message): void {
    this.#client.remove(message).catch((error: RewindError) => this.#hooks.refused(error));
  }

  retry({ entry }: Unsent): void {
    const { chat_id, user_id = "" } = entry;
    this.discard(entry.nonce);
    this.send(chat_id === undefined ? { user_id } : { chat_id }, entry.content);
  }
  discard(nonce: string): void {
    this.#refused.value = this.#refused.value.filter(({ entry }) => entry.nonce !== nonce);
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

  #refuse(entry: Entry, error: RewindError): void {
    if (error.type === "CLOSED") return;
    if (!isSend(entry)) return this.#hooks.refused(error);
    this.#refused.value = [...this.#refused.value, { entry, error }];
  }
}
