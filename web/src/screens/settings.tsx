import { useState } from "preact/hooks";
import { signOut } from "../account.ts";
import { Avatar } from "../parts/avatar.tsx";
import { AppearanceChoice, LanguageChoice } from "../parts/choices.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { Form } from "../parts/form.tsx";
import { MAX_PROFILE } from "../rules.ts";
import { useStore } from "../store.ts";
import { words } from "../words/words.ts";

export function Settings({ onClose }: { onClose: () => void }) {
  const { people, outgoing } = useStore();
  const me = people.me.value;
  const waiting = outgoing.entries.value.length;
  const t = words.value;
  return (
    <Dialog title={t.settings} onClose={onClose}>
      {me && (
        <p class="self">
          <Avatar user={me} size="large" />
          <bdi>{me.name}</bdi>
        </p>
      )}
      <LanguageChoice />
      <AppearanceChoice />
      <Picture />
      <hr />
      {waiting > 0 && <p class="hint">{t.logOutWaiting(waiting)}</p>}
      <button type="button" class="button quiet wide" onClick={() => signOut()}>
        {t.logOut}
      </button>
    </Dialog>
  );
}

function Picture() {
  const { client, people } = useStore();
  const [isSaved, setSaved] = useState(false);
  const t = words.value;
  const save = async ({ picture = "" }) => {
    setSaved(false);
    await client.setProfile(picture.trim() || null);
    people.follow(client);
    setSaved(true);
  };
  return (
    <>
      <Form action={t.save} onSubmit={save}>
        {() => (
          <Field
            label={t.picture}
            hint={t.pictureHint}
            name="picture"
            type="url"
            pattern="https?://.+"
            placeholder="https://"
            maxLength={MAX_PROFILE}
            defaultValue={people.me.peek()?.profile ?? ""}
          />
        )}
      </Form>
      <p role="status" class="done">
        {isSaved && t.pictureSaved}
      </p>
    </>
  );
}
