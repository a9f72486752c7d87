type Listener<T> = (payload: T) => void;
type Listeners<E> = { [K in keyof E]?: Set<Listener<E[K]>> };

/** Listeners by the event's name. What a listener throws is reported as uncaught, and stops nothing here. */
export class Emitter<E> {
  readonly #listeners: Listeners<E> = {};

  /** Returns what takes the listener off again. */
  on<K extends keyof E>(event: K, listener: Listener<E[K]>): () => void {
    const listeners = (this.#listeners[event] ??= new Set());
    const own: Listener<E[K]> = (payload) => listener(payload); // the same one twice is two
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  emit<K extends keyof E>(event: K, payload: E[K]): void {
    for (const listener of [...(this.#listeners[event] ?? [])]) {
      try {
        listener(payload);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
