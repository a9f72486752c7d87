import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { MAX_CONTENT } from "../rules.ts";
import { draftTo, keepDraft } from "../state/drafts.ts";
import { words } from "../words/words.ts";
import { Icon } from "./icon.tsx";
import { hasKeyboard, isPlainEnter } from "./keys.ts";
import type { Scene } from "./scene.ts";
import { TextBox } from "./text-box.tsx";

/** So few characters left are told. */
const NEAR_LIMIT = 200;

/** What is typed stays in the text box: nothing else is drawn anew by a key, but for the counter. */
export function Composer({ scene }: { scene: Scene }) {
  const box = useRef<HTMLTextAreaElement>(null);
  const { left, onInput, onKeyDown, send } = useWriting(scene, box);
  const composition = useComposition(box, send);
  const t = words.value;
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        composition.sendAfter();
      }}
    >
      <div class="composer-box">
        <TextBox
          box={box}
          text={draftTo(scene.peer.id)}
          aria-label={t.message}
          placeholder={t.messageTo(scene.peer.name)}
          dir="auto"
          enterkeyhint="send"
          onInput={onInput}
          onKeyDown={onKeyDown}
          onCompositionStart={composition.onStart}
          onCompositionEnd={composition.onEnd}
        />
        <Counter left={left} />
      </div>
      <button
        type="submit"
        class="send-button"
        aria-label={t.send}
        title={t.send}
        aria-disabled={left < 0}
        onPointerDown={(event) => event.preventDefault()}
      >
        <Icon name="send" />
      </button>
    </form>
  );
}

function useWriting(scene: Scene, box: RefObject<HTMLTextAreaElement | null>) {
  const { id: peerId } = scene.peer;
  const [left, setLeft] = useState(() => leftOf(draftTo(peerId)));
  useLayoutEffect(() => {
    scene.focusComposer = () => box.current?.focus({ preventScroll: true });
    if (hasKeyboard()) scene.focusComposer();
  }, [scene]);

  const changed = (text: string) => {
    keepDraft(peerId, text);
    setLeft(leftOf(text));
  };
  const onInput = () => {
    const text = box.current?.value ?? "";
    const { chatId, store } = scene;
    changed(text);
    if (chatId !== undefined && text !== "") store.client.typing(chatId);
  };
  const send = () => {
    const area = box.current;
    const content = area?.value.trim() ?? "";
    if (!area || content === "" || content.length > MAX_CONTENT) return;
    scene.send(content);
    area.value = "";
    area.style.height = "";
    changed("");
    area.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isPlainEnter(event)) send();
    else if (event.key !== "ArrowUp" || box.current?.value !== "" || !scene.editLast()) return;
    event.preventDefault();
  };
  return { left, onInput, onKeyDown, send };
}

/** A syllable that is being composed is not in the text yet: it ends as the box loses the focus, and is sent then. */
function useComposition(box: RefObject<HTMLTextAreaElement | null>, send: () => void) {
  const now = useRef({ isOn: false, isSending: false });
  const onStart = () => (now.current.isOn = true);
  const onEnd = () => {
    const { isSending } = now.current;
    now.current = { isOn: false, isSending: false };
    if (isSending) setTimeout(send); // its last input event may come after this one
  };
  const sendAfter = () => {
    if (!now.current.isOn) return send();
    now.current.isSending = true;
    box.current?.blur();
    box.current?.focus({ preventScroll: true });
  };
  return { onStart, onEnd, sendAfter };
}

/** Characters left; all of them where that is not worth a word. */
export const leftOf = ({ length }: string) =>
  length + NEAR_LIMIT > MAX_CONTENT ? MAX_CONTENT - length : MAX_CONTENT;

export function Counter({ left }: { left: number }) {
  const { charactersLeft, tooLong } = words.value;
  return (
    <span class={left < 0 ? "counter is-over" : "counter"} aria-live="polite">
      {left <= NEAR_LIMIT && (left < 0 ? tooLong(-left) : charactersLeft(left))}
    </span>
  );
}
