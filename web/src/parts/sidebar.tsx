import { useState } from "preact/hooks";
import { route, toFriends, toHome } from "../route.ts";
import { Settings } from "../screens/settings.tsx";
import { useStore } from "../store.ts";
import { words } from "../words/words.ts";
import { Avatar } from "./avatar.tsx";
import { ChatList } from "./chat-list.tsx";
import { Icon } from "./icon.tsx";

export const Sidebar = () => (
  <div class="sidebar">
    <header>
      <a class="brand" href={toHome}>
        <Icon name="logo" size={24} />
        REWIND
      </a>
      <FriendsLink />
    </header>
    <ChatList />
    <Me />
  </div>
);

function FriendsLink() {
  const { people } = useStore();
  const { friends, requestsWaiting } = words.value;
  const waiting = people.requests.value.length;
  return (
    <a
      class="friends-link"
      href={toFriends}
      aria-label={friends}
      aria-description={waiting > 0 ? requestsWaiting(waiting) : undefined}
      aria-current={route.value.screen === "friends" ? "page" : undefined}
    >
      <Icon name="friends" />
      <span>{friends}</span>
      {waiting > 0 && (
        <span class="badge" aria-hidden="true">
          {waiting}
        </span>
      )}
    </a>
  );
}

function Me() {
  const me = useStore().people.me.value;
  const [isOpen, setOpen] = useState(false);
  return (
    <footer class="me">
      {me && <Avatar user={me} />}
      <bdi class="me-name">{me?.name}</bdi>
      <button
        type="button"
        class="icon-button"
        aria-label={words.value.settings}
        title={words.value.settings}
        onClick={() => setOpen(true)}
      >
        <Icon name="settings" />
      </button>
      {isOpen && <Settings onClose={() => setOpen(false)} />}
    </footer>
  );
}
