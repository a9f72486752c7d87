import { memo } from "preact/compat";
import type { Entry } from "../../../sdk/src/index.ts";
import type { Line, Row } from "../state/timeline.ts";
import { dayOf, fullTimeOf, isSameDay, timeOf } from "../words/times.ts";
import { problemOf, words } from "../words/words.ts";
import { EditForm } from "./edit-form.tsx";
import { Icon } from "./icon.tsx";
import { MessageText } from "./message-text.tsx";
import type { Scene } from "./scene.ts";

/** Messages that follow each other faster than this belong together. */
const GROUP_MS = 5 * 60_000;

type Props = {
  scene: Scene;
  row: Row;
  previous: Row | undefined;
  /** It is the first of all. */
  isFirst: boolean;
  /** It is the first that was unread. */
  isMarked: boolean;
};

export const MessageRow = memo(({ scene, row, previous, isFirst, isMarked }: Props) => {
  const line = row.line.value;
  const before = previous?.line.value;
  const t = words.value;
  const isGoing = revisionOf(scene, line)?.type === "delete";
  const isNewDay = !before || !isSameDay(before.at, line.at);
  const isHead =
    isNewDay || isMarked || before.isOwn !== line.isOwn || line.at - before.at > GROUP_MS || isGone(before);
  return (
    <div class="row">
      {isFirst && <p class="beginning">{t.beginning(scene.peer.name)}</p>}
      {isNewDay && (
        <p class="divider">
          <time>{dayOf(line.at)}</time>
        </p>
      )}
      {isMarked && (
        <p class="divider is-new">
          <span>{t.newDivider}</span>
        </p>
      )}
      {isGone(line) || isGoing ? (
        <Gone line={line} isGoing={isGoing} />
      ) : (
        <MessageArticle
          scene={scene}
          line={line}
          isHead={isHead}
          name={line.isOwn ? t.you : scene.peer.name}
        />
      )}
    </div>
  );
});

const isGone = ({ message }: Line) => message?.deleted ?? false;

const sideOf = ({ isOwn }: Line) => (isOwn ? "is-own" : "is-peer");

const revisionOf = ({ store }: Scene, { message }: Line) =>
  message && store.outgoing.revisions.value.get(message.id);

/** Its text is gone from here at once, and the clock as soon as it is from everywhere. */
const Gone = ({ line, isGoing }: { line: Line; isGoing: boolean }) => (
  <article
    class={`message is-gone ${sideOf(line)}`}
    data-id={line.message?.id}
    data-state="sent"
    data-revision={isGoing ? "delete" : undefined}
    aria-busy={isGoing}
  >
    <p class="gone">
      {words.value.deleted} {isGoing && <Clock label={words.value.changing} />}
    </p>
  </article>
);

const Clock = ({ label }: { label: string }) => (
  <span class="pending" title={label}>
    <Icon name="clock" size={14} />
    <span class="unseen">{label}</span>
  </span>
);

type ArticleProps = { scene: Scene; line: Line; isHead: boolean; name: string };

function MessageArticle({ scene, line, isHead, name }: ArticleProps) {
  const { message } = line;
  const revision = revisionOf(scene, line);
  const editing = scene.editing.value;
  const isEdited = message && editing?.message.id === message.id;
  const classes = `message ${sideOf(line)} ${isHead ? "is-head" : ""}`;
  return (
    <article
      class={classes}
      data-id={message?.id}
      data-state={line.state}
      data-revision={revision?.type}
      aria-busy={revision !== undefined}
    >
      {isEdited ? (
        <EditForm scene={scene} editing={editing} />
      ) : (
        <>
          {line.isOwn && message && !revision && <Actions scene={scene} line={line} />}
          <div class="bubble">
            <bdi class="unseen">{name}: </bdi>
            <p class="content" dir="auto">
              <MessageText text={revision?.type === "edit" ? revision.content : line.content} />
            </p>
            <Meta line={line} revision={revision} />
          </div>
          {line.state === "failed" && <Failure scene={scene} line={line} />}
        </>
      )}
    </article>
  );
}

function Meta({ line: { at, message, state }, revision }: { line: Line; revision: Entry | undefined }) {
  const t = words.value;
  const isPending = state === "pending" || revision !== undefined;
  return (
    <span class="meta">
      {message?.edited_at && <span class="edited">({t.edited})</span>}{" "}
      <time dateTime={new Date(at).toISOString()} title={fullTimeOf(at)}>
        {timeOf(at)}
      </time>{" "}
      {isPending && <Clock label={revision ? t.changing : t.sending} />}
      {state === "failed" && <Icon name="alert" size={14} />}
    </span>
  );
}

function Actions({ scene, line: { message } }: { scene: Scene; line: Line }) {
  const t = words.value;
  if (!message) return null;
  return (
    <span class="message-actions">
      <button
        type="button"
        class="icon-button"
        aria-label={t.editMessage}
        title={t.editMessage}
        onClick={() => scene.edit(message)}
      >
        <Icon name="edit" size={16} />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={t.deleteMessage}
        title={t.deleteMessage}
        onClick={() => (scene.deleting.value = message)}
      >
        <Icon name="trash" size={16} />
      </button>
    </span>
  );
}

function Failure({ scene, line: { unsent } }: { scene: Scene; line: Line }) {
  const { outgoing } = scene.store;
  const t = words.value;
  if (!unsent?.error) return null;
  const again = () => {
    outgoing.retry(unsent);
    scene.store.timelines.unsentChanged();
    scene.takeFocus();
  };
  const discard = () => {
    outgoing.discard(unsent.entry.nonce);
    scene.store.timelines.unsentChanged();
    scene.takeFocus();
  };
  return (
    <p class="failure">
      <span>{t.notSent(problemOf(unsent.error))}</span>
      <button type="button" class="link" onClick={again}>
        {t.retry}
      </button>
      <button type="button" class="link" onClick={discard}>
        {t.discard}
      </button>
    </p>
  );
}
