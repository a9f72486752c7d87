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
        this.#isStale = false;
        await this.#saveOnce(own);
      }
    } finally {
      this.#isSaving = false;
    }
  }

  async #saveOnce(own: () => Entry[]): Promise<void> {
    const loading = this.#storage.load();
    const there = Array.isArray(loading) ? loading : await loading;
    const entries = own();
    const nonces = new Set(entries.map(({ nonce }) => nonce));
    const others = there.filter(
      (entry) => isEntry(entry) && !this.#ours.has(entry.nonce) && !nonces.has(entry.nonce),
    );
    await this.#storage.save([...others, ...entries]);
    this.#ours = nonces;
  }
}

const TYPES = new Set<unknown>(["send", "edit", "delete"]);
const isEntry = (value: unknown): value is Entry => {
  const { nonce, type } = (value ?? {}) as Partial<Entry>;
  return typeof nonce === "string" && TYPES.has(type);
};
