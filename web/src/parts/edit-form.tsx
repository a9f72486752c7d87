import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { MAX_CONTENT } from "../rules.ts";
import { words } from "../words/words.ts";
import { Counter, leftOf } from "./composer.tsx";
import { isComposing, isPlainEnter } from "./keys.ts";
import type { Editing, Scene } from "./scene.ts";
import { TextBox } from "./text-box.tsx";

type Props = { scene: Scene; editing: Editing };

export function EditForm({ scene, editing }: Props) {
  const box = useRef<HTMLTextAreaElement>(null);
  const [left, setLeft] = useState(() => leftOf(editing.text));
  useLayoutEffect(() => {
    const area = box.current;
    area?.focus();
    area?.setSelectionRange(area.value.length, area.value.length);
  }, []);
  const save = () => {
    const content = editing.text.trim();
    if (content.length > MAX_CONTENT) return;
    if (content === "") return void (scene.deleting.value = editing.message);
    if (content !== editing.message.content) scene.store.outgoing.edit(editing.message, content);
    scene.stopEditing();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !isComposing(event)) scene.stopEditing();
    else if (isPlainEnter(event)) save();
    else return;
    event.preventDefault();
  };
  const t = words.value;
  return (
    <form
      class="edit-form"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <TextBox
        box={box}
        text={editing.text}
        aria-label={t.editText}
        dir="auto"
        onInput={({ currentTarget: { value } }) => {
          editing.text = value;
          setLeft(leftOf(value));
        }}
        onKeyDown={onKeyDown}
      />
      <Counter left={left} />
      <div class="actions">
        <button type="button" class="button quiet small" onClick={() => scene.stopEditing()}>
          {t.cancel}
        </button>
        <button type="submit" class="button small" aria-disabled={left < 0}>
          {t.save}
        </button>
      </div>
    </form>
  );
}
