import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { words } from "../words/words.ts";
import { Icon } from "./icon.tsx";

type Props = { title: string; onClose: () => void; children: ComponentChildren };

/** Modal for as long as it is rendered. */
export function Dialog({ title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  /** A selection of text that begins inside may end there. */
  const isPressedOutside = useRef(false);
  useEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => current?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      onClose={onClose}
      onPointerDown={({ target }) => (isPressedOutside.current = target === dialog.current)}
      onClick={({ target }) => isPressedOutside.current && target === dialog.current && onClose()}
    >
      <div class="dialog">
        <header>
          <h2 id={titleId}>{title}</h2>
          <button type="button" class="icon-button" aria-label={words.value.close} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

type ConfirmProps = Omit<Props, "children"> & { text: string; action: string; onConfirm: () => void };

/** Asks before something that cannot be taken back. */
export function Confirm({ text, action, onConfirm, ...dialog }: ConfirmProps) {
  const confirm = () => {
    onConfirm();
    dialog.onClose();
  };
  return (
    <Dialog {...dialog}>
      <p>{text}</p>
      <div class="actions">
        <button type="button" class="button quiet" onClick={dialog.onClose}>
          {words.value.cancel}
        </button>
        <button type="button" class="button danger" onClick={confirm}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
