import type { ReadonlySignal } from "@preact/signals";
import type { RefObject } from "preact";
import { memo } from "preact/compat";
import { useEffect, useRef } from "preact/hooks";
import type { Chat } from "../../../sdk/src/index.ts";
import { go, route, toChat, type Route } from "../route.ts";
import { useStore } from "../store.ts";
import { momentOf } from "../words/times.ts";
import { words } from "../words/words.ts";
import { Avatar } from "./avatar.tsx";
import { Empty } from "./empty.tsx";
import { isModified } from "./keys.ts";

/** What a list has room for. */
const PREVIEW = 160;
const MANY = 99;

export function ChatList() {
  const { chats, people } = useStore();
  const { conversations, noChats, noChatsHint, sayHello, loading } = words.value;
  const [friend] = people.friends.value;
  const ids = chats.order.value;
  const { value: current } = route;
  const list = useRef<HTMLElement>(null);
  useReturn(list, current);
  return (
    <nav ref={list} class="chats" aria-label={conversations} tabIndex={-1}>
      {ids.length === 0 &&
        (chats.isComplete.value ? (
          <Empty icon="message" title={noChats} hint={friend ? sayHello(friend.name) : noChatsHint} />
        ) : (
          <p class="loading">{loading}</p>
        ))}
      <ul>
        {ids.map((id) => {
          const chat = chats.get(id);
          const isCurrent = current.screen === "chat" && current.chatId === id;
          return chat && <Entry key={id} chat={chat} isCurrent={isCurrent} />;
        })}
      </ul>
    </nav>
  );
}

/** Whoever comes back to the list, and left the focus behind, is where they went from. */
function useReturn(list: RefObject<HTMLElement | null>, current: Route): void {
  const left = useRef<Route>(current);
  useEffect(() => {
    const { current: from } = left;
    left.current = current;
    if (current.screen !== "home" || from.screen === "home") return;
    if (document.activeElement !== document.body) return;
    const href = from.screen === "chat" ? toChat(from.chatId) : "";
    const entry = list.current?.querySelector<HTMLElement>(`a[href="${CSS.escape(href)}"]`);
    (entry ?? list.current)?.focus();
  }, [current]);
}

const Entry = memo(({ chat, isCurrent }: { chat: ReadonlySignal<Chat>; isCurrent: boolean }) => {
  const store = useStore();
  const { chat_id, peer, last_message: last, unread } = chat.value;
  const at = Date.parse(last.created_at);
  return (
    <li>
      <a
        class={unread > 0 ? "chat is-unread" : "chat"}
        href={toChat(chat_id)}
        onClick={(event) => {
          if (isModified(event)) return;
          event.preventDefault();
          if (isCurrent) store.shown?.focusComposer();
          else go(toChat(chat_id));
        }}
        aria-current={isCurrent ? "page" : undefined}
      >
        <Avatar user={peer} />
        <span class="chat-top">
          <bdi class="chat-name">{peer.name}</bdi> <time dateTime={last.created_at}>{momentOf(at)}</time>
        </span>{" "}
        <span class="chat-bottom">
          <Preview chat={chat.value} /> {unread > 0 && <Unread count={unread} />}
        </span>
      </a>
    </li>
  );
});

function Preview({ chat: { chat_id, peer, last_message: last } }: { chat: Chat }) {
  const { typing } = useStore();
  const t = words.value;
  if (typing.chats.value.has(chat_id)) return <span class="preview is-typing">{t.typingShort}</span>;
  if (last.deleted) return <span class="preview is-deleted">{t.deleted}</span>;
  return (
    <span class="preview">
      {last.user_id !== peer.id && `${t.you}: `}
      <bdi>{last.content.slice(0, PREVIEW)}</bdi>
    </span>
  );
}

function Unread({ count }: { count: number }) {
  const shown = count > MANY ? `${MANY}+` : String(count);
  return (
    <span class="badge">
      <span aria-hidden="true">{shown}</span>
      <span class="unseen">{words.value.unread(shown)}</span>
    </span>
  );
}
