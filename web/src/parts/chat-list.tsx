import type { ReadonlySignal } from "@preact/signals";
import { memo } from "preact/compat";
import type { Chat } from "../../../sdk/src/index.ts";
import { go, route, toChat } from "../route.ts";
import { useStore } from "../store.ts";
import { momentOf } from "../words/times.ts";
import { words } from "../words/words.ts";
import { Avatar } from "./avatar.tsx";
import { Empty } from "./empty.tsx";

/** What a list has room for. */
const PREVIEW = 160;
const MANY = 99;

export function ChatList() {
  const { chats } = useStore();
  const { conversations, noChats, noChatsHint, loading } = words.value;
  const ids = chats.order.value;
  const { value: current } = route;
  return (
    <nav class="chats" aria-label={conversations}>
      {ids.length === 0 &&
        (chats.isComplete.value ? (
          <Empty icon="message" title={noChats} hint={noChatsHint} />
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

/** Whoever wants another tab gets one. */
const isModified = (event: MouseEvent) =>
  event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;

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
