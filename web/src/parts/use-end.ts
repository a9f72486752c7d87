import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { VirtualizerHandle } from "virtua";
import type { Scene } from "./scene.ts";

/** So near to the end is at the end. */
const NEAR_PX = 24;
/** By then what is in sight has been measured. */
const SETTLED_MS = 200;

/**
 * Stays at the end while one is there: new messages move in, and what grows is followed. It begins at the first message
 * that is unread, or at the end.
 */
export function useEnd(
  scene: Scene,
  log: RefObject<HTMLDivElement | null>,
  list: RefObject<VirtualizerHandle | null>,
): { onScroll: () => void; keep: () => void; go: () => void } {
  const { timeline, isAtEnd } = scene;
  const last = useRef({ top: 0, height: 0 });
  const version = timeline.version.value;

  const keep = () => {
    const element = log.current;
    if (element && isAtEnd.peek()) element.scrollTop = element.scrollHeight;
  };
  const go = () => {
    isAtEnd.value = true;
    const { length } = timeline.rows;
    if (length > 0) list.current?.scrollToIndex(length - 1, { align: "end" });
    scene.focusComposer();
  };
  const look = () => {
    const element = log.current;
    if (!element) return;
    const { scrollTop: top, scrollHeight: height, clientHeight } = element;
    const isNear = height - top - clientHeight <= NEAR_PX;
    // Who scrolls up leaves, however little; that what is above has shrunk is no scrolling.
    if (isNear) isAtEnd.value = true;
    else if (top < last.current.top && height >= last.current.height) isAtEnd.value = false;
    last.current = { top, height };
  };

  useLayoutEffect(() => {
    const { markedRow } = timeline;
    isAtEnd.value = markedRow < 0;
    if (markedRow < 0) return keep();
    list.current?.scrollToIndex(markedRow, { align: "start", offset: -NEAR_PX });
    const timer = setTimeout(look, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [scene, timeline.epoch]);
  useLayoutEffect(keep, [version, isAtEnd.value]);
  return { onScroll: look, keep, go };
}
