import type { RefObject, TextareaHTMLAttributes } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

type Props = TextareaHTMLAttributes & { box: RefObject<HTMLTextAreaElement | null>; text: string };

const growsByItself = CSS.supports("field-sizing", "content");

/** As high as its text, up to what the style allows. The browser keeps what is typed; `text` is how it begins. */
export function TextBox({ box, text, onInput, ...rest }: Props) {
  const start = useRef(text);
  const grow = () => {
    const area = box.current;
    if (growsByItself || !area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  };
  useLayoutEffect(grow, []);
  return (
    <textarea
      {...rest}
      ref={box}
      rows={1}
      defaultValue={start.current}
      onInput={(event) => {
        grow();
        onInput?.(event);
      }}
    />
  );
}
