import { signal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Scene } from "./scene.ts";

const isSeen = signal(!document.hidden);
document.addEventListener("visibilitychange", () => {
  isSeen.value = !document.hidden;
});

/** What is on the screen, up to the newest message, has been read. What comes while the page is hidden is new. */
export function useReading(scene: Scene): void {
  const { timeline, store, isAtEnd } = scene;
  useSignalEffect(() => {
    void timeline.version.value;
    const { chatId } = scene;
    const { last } = timeline;
    if (isSeen.value && isAtEnd.value && chatId !== undefined && last)
      store.reading.seen(chatId, last.sent_seq);
  });
  const wasSeen = useRef(isSeen.peek());
  useSignalEffect(() => {
    const { value: isNow } = isSeen;
    if (wasSeen.current && !isNow && isAtEnd.peek()) timeline.mark.value = timeline.last?.sent_seq ?? null;
    wasSeen.current = isNow;
  });
}
