/** What a browser keeps; where it is denied or full, the page itself, for as long as it is there. */
class Kept {
  readonly #storage: () => Storage;
  readonly #instead = new Map<string, string>();

  /** Even to name it may throw. */
  constructor(storage: () => Storage) {
    this.#storage = storage;
  }

  get(key: string): string | null {
    return this.#instead.get(key) ?? this.#try((storage) => storage.getItem(key)) ?? null;
  }
  /** Whether it outlives the page. */
  set(key: string, value: string): boolean {
    this.#instead.set(key, value);
    const isStored = this.#try((storage) => (storage.setItem(key, value), true)) ?? false;
    if (isStored) this.#instead.delete(key);
    return isStored;
  }
  remove(key: string): void {
    this.#instead.delete(key);
    this.#try((storage) => storage.removeItem(key));
  }
  clear(): void {
    this.#instead.clear();
    this.#try((storage) => storage.clear());
  }

  #try<T>(job: (storage: Storage) => T): T | undefined {
    try {
      return job(this.#storage());
    } catch {
      return undefined;
    }
  }
}

export const inBrowser = new Kept(() => localStorage);
export const inTab = new Kept(() => sessionStorage);
