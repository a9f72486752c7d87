import { useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Announcer } from "../parts/announcer.tsx";
import { Connection } from "../parts/connection.tsx";
import { Empty } from "../parts/empty.tsx";
import { Sidebar } from "../parts/sidebar.tsx";
import { replaceRoute, route, toChat, toFriends, toHome, toPerson, type Route } from "../route.ts";
import { useStore, type Store } from "../store.ts";
import { words } from "../words/words.ts";
import { Conversation } from "./conversation.tsx";
import { Friends } from "./friends.tsx";

/** For who is signed in: the conversations, and beside them, or on a phone in their place, one of them or the friends. */
export function Home() {
  const { chats } = useStore();
  useSignalEffect(() => {
    const { value: unread } = chats.unread;
    document.title = unread > 0 ? `(${unread}) REWIND` : "REWIND";
  });
  return (
    <div class={`home ${route.value.screen === "home" ? "shows-list" : "shows-main"}`}>
      <Connection />
      <Sidebar />
      <main>
        <Screen route={route.value} />
      </main>
      <Announcer />
    </div>
  );
}

function Screen({ route: { screen, ...where } }: { route: Route }) {
  const store = useStore();
  const t = words.value;
  const { chatId, userId } = where as { chatId?: string; userId?: string };
  const peer = peerOf(store, chatId, userId);
  const known = peer && store.chats.withPeer(peer.id);
  useEffect(() => {
    if (userId && known) replaceRoute(toChat(known.chat_id));
  }, [userId, known?.chat_id]);
  if (screen === "friends") return <Friends />;
  if (screen === "home") return <Start />;
  if (peer) return <Conversation key={peer.id} peer={peer} />;
  if (store.chats.isComplete.value)
    return <Empty icon="alert" title={t.noSuchChat} isPage action={{ href: toHome, label: t.backToList }} />;
  return <p class="loading">{t.loading}</p>;
}

/** No conversation is chosen: what there is to be done first. */
function Start() {
  const { chats, people } = useStore();
  const t = words.value;
  const [asker] = people.requests.value;
  const [friend] = people.friends.value;
  if (chats.order.value.length > 0)
    return <Empty icon="message" title={t.noChatChosen} hint={t.noChatChosenHint} isPage />;
  if (asker) {
    const action = { href: toFriends, label: t.toRequests };
    return <Empty icon="friends" title={t.wantsToTalk(asker.name)} isPage action={action} />;
  }
  if (friend) {
    const action = { href: toPerson(friend.id), label: t.messageWho(friend.name) };
    return <Empty icon="message" title={t.sayHello(friend.name)} isPage action={action} />;
  }
  const action = { href: toFriends, label: t.addFriend };
  return <Empty icon="friends" title={t.addFirst} hint={t.addFirstHint} isPage action={action} />;
}

/** Whoever the conversation is with: known from the chats, or as a friend once it is sure that there is no chat. */
function peerOf({ chats, people }: Store, chatId?: string, userId?: string) {
  const friends = people.friends.value;
  if (chatId) return chats.get(chatId)?.value.peer;
  const known = userId && chats.withPeer(userId)?.peer;
  return known || (chats.isComplete.value ? friends.find(({ id }) => id === userId) : undefined);
}
