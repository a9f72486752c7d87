import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { User } from "../../../sdk/src/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Back } from "../parts/back.tsx";
import { Composer } from "../parts/composer.tsx";
import { Confirm } from "../parts/dialog.tsx";
import { hasKeyboard } from "../parts/keys.ts";
import { MessageList } from "../parts/message-list.tsx";
import { Scene } from "../parts/scene.ts";
import { useStore } from "../store.ts";
import { words } from "../words/words.ts";

/** With one peer; it is another component for another one. */
export function Conversation({ peer }: { peer: User }) {
  const store = useStore();
  const scene = useMemo(() => new Scene(store, peer), [store, peer.id]);
  useLayoutEffect(() => {
    store.shown = scene;
    return () => {
      if (store.shown === scene) store.shown = undefined;
    };
  }, [scene]);
  return (
    <section class="conversation" aria-label={peer.name}>
      <Header scene={scene} peer={peer} />
      <MessageList scene={scene} />
      <Composer scene={scene} />
      <DeleteDialog scene={scene} />
    </section>
  );
}

function Header({ scene, peer }: { scene: Scene; peer: User }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    scene.focusHeading = () => heading.current?.focus();
  }, [scene]);
  useEffect(() => {
    if (!hasKeyboard()) scene.focusHeading();
  }, []);
  const chatId = scene.chatId ?? "";
  const isTyping = scene.store.typing.chats.value.has(chatId);
  return (
    <header class="bar">
      <Back />
      <Avatar user={peer} />
      <div class="bar-text">
        <h1 ref={heading} tabIndex={-1}>
          <bdi>{peer.name}</bdi>
        </h1>
        <p class="typing" aria-live="polite">
          {isTyping && <bdi>{words.value.typing(peer.name)}</bdi>}
        </p>
      </div>
    </header>
  );
}

function DeleteDialog({ scene }: { scene: Scene }) {
  const message = scene.deleting.value;
  const t = words.value;
  const isDone = useRef(false);
  useEffect(() => {
    if (message || !isDone.current) return;
    isDone.current = false;
    scene.takeFocus(); // the dialog gives it back to a button that goes with the message
  }, [message]);
  if (!message) return null;
  return (
    <Confirm
      title={t.deleteTitle}
      text={t.deleteText}
      action={t.delete}
      onConfirm={() => {
        isDone.current = true;
        scene.remove(message);
      }}
      onClose={() => (scene.deleting.value = null)}
    />
  );
}
