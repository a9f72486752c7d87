import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import type { Row } from "../state/timeline.ts";
import { problemOf, words } from "../words/words.ts";
import { MessageRow } from "./message-row.tsx";
import type { Scene } from "./scene.ts";
import { useEnd } from "./use-end.ts";
import { useReading } from "./use-reading.ts";

/** So near to the top older ones are asked for. */
const OLDER_PX = 1_200;
/** Drawn beyond what is in sight, on either side. */
const BUFFER_PX = 1_500;
const NEWEST = 30;

type Props = { scene: Scene };

/** The messages, as far as they are in sight; older ones come as one scrolls up. */
export function MessageList({ scene }: Props) {
  const { timeline } = scene;
  const list = useRef<VirtualizerHandle>(null);
  const log = useRef<HTMLDivElement>(null);
  const version = timeline.version.value;
  const isShifted = useIsShifted(scene);
  const end = useEnd(scene, log, list);
  useReading(scene);

  const loadOlder = () => {
    if ((log.current?.scrollTop ?? 0) < OLDER_PX) scene.store.timelines.older(scene.peer.id);
  };
  useLayoutEffect(loadOlder, [version]);

  const { rows } = timeline;
  const t = words.value;
  return (
    <div class="messages">
      <div
        ref={log}
        class="log"
        role="log"
        aria-label={t.messages}
        aria-live="off"
        aria-busy={timeline.isLoading}
        tabIndex={0}
      >
        <div class="log-spacer" />
        <Virtualizer
          key={timeline.epoch}
          ref={list}
          data={rows}
          shift={isShifted}
          bufferSize={BUFFER_PX}
          keepMounted={keptRows(scene)}
          onScroll={() => {
            end.onScroll();
            loadOlder();
          }}
          onResize={end.keep}
        >
          {(row: Row, index: number) => renderRow(scene, row, index)}
        </Virtualizer>
      </div>
      <State scene={scene} />
      {!scene.isAtEnd.value && <ToEnd scene={scene} onClick={end.go} />}
    </div>
  );
}

function renderRow(scene: Scene, row: Row, index: number) {
  const { timeline } = scene;
  const mark = timeline.mark.value;
  const previous = timeline.rows[index - 1];
  const isFirst = index === 0 && timeline.floor === 0;
  return (
    <MessageRow
      key={row.key}
      scene={scene}
      row={row}
      previous={previous}
      isFirst={isFirst}
      isMarked={mark !== null && isAcross(mark, previous, row, isFirst)}
    />
  );
}

/** Whether what was read ends between two rows, and the next one is somebody else's. */
function isAcross(mark: number, previous: Row | undefined, row: Row, isFirst: boolean): boolean {
  const line = row.line.peek();
  const before = previous?.line.peek().message?.sent_seq ?? (isFirst ? 0 : Infinity);
  return !line.isOwn && line.message !== undefined && before <= mark && line.message.sent_seq > mark;
}

/** Whether rows were put in front since the list was last drawn: it keeps its place then. */
function useIsShifted({ timeline }: Scene): boolean {
  const drawn = useRef({ epoch: -1, prepended: 0 });
  const { epoch, prepended } = timeline;
  const isShifted = drawn.current.epoch === epoch && drawn.current.prepended !== prepended;
  useLayoutEffect(() => {
    drawn.current = { epoch, prepended };
  });
  return isShifted;
}

/** The newest ones, where one comes back to, and what is being edited, which would be lost if it were scrolled away. */
function keptRows({ editing, timeline: { rows } }: Scene): number[] {
  const kept = Array.from({ length: Math.min(rows.length, NEWEST) }, (_, index) => rows.length - 1 - index);
  const id = editing.value?.message.id;
  const edited = id && rows.findLastIndex(({ line }) => line.peek().message?.id === id);
  return edited && edited >= 0 ? [...kept, edited] : kept;
}

function State({ scene: { timeline, store, peer } }: Props) {
  const t = words.value;
  const problem = timeline.problem.value;
  void timeline.version.value;
  if (problem)
    return (
      <p class="log-state" role="alert">
        {problemOf(problem)}{" "}
        <button type="button" class="link" onClick={() => store.timelines.retry(peer.id)}>
          {t.retry}
        </button>
      </p>
    );
  if (timeline.rows.length > 0) return null;
  if (timeline.floor === null) return <p class="log-state">{t.loading}</p>;
  return <p class="log-state">{t.beginning(peer.name)}</p>;
}

/** Whether others have written since one left the end is said. */
function ToEnd({ scene: { timeline }, onClick }: Props & { onClick: () => void }) {
  const left = useSignal(timeline.last?.sent_seq ?? 0);
  const { toNewest, newMessages } = words.value;
  void timeline.version.value;
  const hasNew = (timeline.last?.sent_seq ?? 0) > left.value;
  return (
    <button
      type="button"
      class={hasNew ? "to-end has-new" : "to-end"}
      aria-label={hasNew ? undefined : toNewest}
      onClick={onClick}
    >
      {hasNew && newMessages} <span aria-hidden={!hasNew}>↓</span>
    </button>
  );
}
