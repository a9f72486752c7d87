import { signal } from "@preact/signals";

const SHOWN_MS = 8_000;

export type Notice = { text: string };

/** What happened that concerns no place on the screen. */
export const notice = signal<Notice | null>(null);

export function notify(text: string): void {
  const shown = { text };
  notice.value = shown;
  setTimeout(() => {
    if (notice.peek() === shown) notice.value = null;
  }, SHOWN_MS);
}
