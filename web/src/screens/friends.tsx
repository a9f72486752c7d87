import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { User } from "../../../sdk/src/index.ts";
import { notify } from "../notices.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Back } from "../parts/back.tsx";
import { Confirm } from "../parts/dialog.tsx";
import { Empty } from "../parts/empty.tsx";
import { Field } from "../parts/field.tsx";
import { Form } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { MAX_NAME } from "../rules.ts";
import { go, toPerson } from "../route.ts";
import { useStore } from "../store.ts";
import { problemOf, words } from "../words/words.ts";

const tell = (error: unknown) => notify(problemOf(error));

export function Friends() {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section class="friends">
      <header class="bar">
        <Back />
        <h1 ref={heading} tabIndex={-1}>
          {words.value.friends}
        </h1>
      </header>
      <div class="friends-body">
        <Ask />
        <Requests />
        <FriendList />
      </div>
    </section>
  );
}

function Ask() {
  const { client, people } = useStore();
  const [said, setSaid] = useState<string | null>(null);
  const [asked, setAsked] = useState(0);
  const t = words.value;
  const ask = async ({ name = "" }) => {
    setSaid(null);
    await client.requestFriend(name.trim());
    people.follow(client);
    const isFriend = client.friends.some((friend) => friend.name.toLowerCase() === name.trim().toLowerCase());
    setSaid(isFriend ? t.nowFriends(name) : t.requested(name));
    setAsked(asked + 1); // an empty field again
  };
  return (
    <section class="ask">
      <h2>{t.addFriend}</h2>
      <Form action={t.sendRequest} onSubmit={ask} of={people.friends.value}>
        {() => (
          <Field
            key={asked}
            label={t.friendName}
            name="name"
            autocomplete="off"
            required
            maxLength={MAX_NAME}
          />
        )}
      </Form>
      <p role="status" class="done">
        <bdi>{said}</bdi>
      </p>
    </section>
  );
}

function Requests() {
  const { client, people } = useStore();
  const t = words.value;
  const requests = people.requests.value;
  if (requests.length === 0) return null;
  return (
    <section>
      <h2 id="requests">{t.requests}</h2>
      <ul class="people" aria-labelledby="requests">
        {requests.map((user) => (
          <Person key={user.id} user={user}>
            <button
              type="button"
              class="button small"
              aria-label={t.acceptWho(user.name)}
              onClick={() => void client.acceptFriend(user.name).catch(tell)}
            >
              {t.accept}
            </button>
            <button
              type="button"
              class="button quiet small"
              aria-label={t.declineWho(user.name)}
              onClick={() => void client.declineFriend(user.name).catch(tell)}
            >
              {t.decline}
            </button>
          </Person>
        ))}
      </ul>
    </section>
  );
}

function FriendList() {
  const { client, people } = useStore();
  const [leaving, setLeaving] = useState<User | null>(null);
  const t = words.value;
  const friends = people.friends.value.toSorted((a, b) => a.name.localeCompare(b.name));
  return (
    <section>
      <h2 id="friends">{t.friends}</h2>
      {friends.length === 0 && <Empty icon="friends" title={t.noFriends} />}
      <ul class="people" aria-labelledby="friends">
        {friends.map((user) => (
          <Person key={user.id} user={user}>
            <button
              type="button"
              class="icon-button"
              aria-label={t.messageWho(user.name)}
              onClick={() => go(toPerson(user.id))}
            >
              <Icon name="message" />
            </button>
            <button
              type="button"
              class="icon-button"
              aria-label={t.removeWho(user.name)}
              onClick={() => setLeaving(user)}
            >
              <Icon name="remove" />
            </button>
          </Person>
        ))}
      </ul>
      {leaving && (
        <Confirm
          title={t.removeTitle}
          text={t.removeText(leaving.name)}
          action={t.remove}
          onConfirm={() => void client.endFriendship(leaving.name).catch(tell)}
          onClose={() => setLeaving(null)}
        />
      )}
    </section>
  );
}

const Person = ({ user, children }: { user: User; children: ComponentChildren }) => (
  <li class="person">
    <Avatar user={user} />
    <bdi class="person-name">{user.name}</bdi>
    {children}
  </li>
);
