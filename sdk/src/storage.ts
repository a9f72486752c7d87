import type { Entry, OutboxStorage } from "./types.ts";

/** What the outbox keeps in a storage, and leaves there of other clients. */
export class Keeper {
  readonly #storage: OutboxStorage;
  /** The nonces of what we have, or had at the last saving. */
  #ours = new Set<string>();
  #isSaving = false;
  #isStale = false;

  constructor(storage: OutboxStorage) {
    this.#storage = storage;
  }

  async load(): Promise<Entry[]> {
    const entries = (await this.#storage.load()).filter(isEntry);
    for (const { nonce } of entries) this.#ours.add(nonce);
    return entries;
  }

  /** Saves what `own` then is, before it returns where the storage does not make it wait. One saving at a time. */
  async save(own: () => Entry[]): Promise<void> {
    this.#isStale = true;
    if (this.#isSaving) return;
    this.#isSaving = true;
    try {
      while (this.#isStale) {
        const there = this.#storage.load();
        const all = this.#merged(Array.isArray(there) ? there : await there, own);
        const saving = this.#storage.save(all);
        if (saving !== undefined) await saving;
      }
    } finally {
      this.#isSaving = false;
    }
  }

  /** What others have put there is left there. */
  #merged(there: Entry[], own: () => Entry[]): Entry[] {
    this.#isStale = false;
    const entries = own();
    const nonces = new Set(entries.map(({ nonce }) => nonce));
    const others = there.filter(
      (entry) => isEntry(entry) && !this.#ours.has(entry.nonce) && !nonces.has(entry.nonce),
    );
    this.#ours = nonces;
    return [...others, ...entries];
  }
}

const TYPES = new Set<unknown>(["send", "edit", "delete"]);
const isEntry = (value: unknown): value is Entry => {
  const { nonce, type } = (value ?? {}) as Partial<Entry>;
  return typeof nonce === "string" && TYPES.has(type);
};
