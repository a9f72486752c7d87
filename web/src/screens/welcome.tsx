import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { login, register, RewindError } from "../../../sdk/src/index.ts";
import { signIn } from "../account.ts";
import { Field } from "../parts/field.tsx";
import { Form } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { LanguageChoice } from "../parts/choices.tsx";
import { MAX_NAME, MIN_PASSWORD } from "../rules.ts";
import { problemOf, words } from "../words/words.ts";

type Credentials = { email: string; password: string };

const url = location.origin;
const enter = async ({ email, password }: Credentials) =>
  signIn((await login({ url, email, password })).token);

/** For who is not signed in. What they type is kept in memory alone. */
export function Welcome({ farewell }: { farewell: string | null }) {
  const [isNew, setNew] = useState(false);
  const [registered, setRegistered] = useState<Credentials | null>(null);
  useEffect(() => {
    document.title = "REWIND";
  }, []);
  if (registered)
    return (
      <Sheet>
        <CheckMail credentials={registered} onBack={() => setRegistered(null)} />
      </Sheet>
    );
  const t = words.value;
  return (
    <Sheet>
      <h1>{t.welcome}</h1>
      <p class="tagline">{t.tagline}</p>
      {farewell && (
        <p class="farewell" role="status">
          {farewell}
        </p>
      )}
      {isNew ? <Register onDone={setRegistered} /> : <LogIn />}
      <p class="switch">
        {isNew ? t.haveAccount : t.newHere}{" "}
        <button type="button" class="link" onClick={() => setNew(!isNew)}>
          {isNew ? t.logIn : t.toRegister}
        </button>
      </p>
    </Sheet>
  );
}

const Sheet = ({ children }: { children: ComponentChildren }) => (
  <div class="welcome">
    <header>
      <span class="brand">
        <Icon name="logo" size={28} />
        REWIND
      </span>
      <LanguageChoice />
    </header>
    <main class="sheet">{children}</main>
    <footer>
      <a href="/docs/">{words.value.developers}</a>
    </footer>
  </div>
);

const LogIn = () => (
  <Form
    key="log in"
    action={words.value.logIn}
    onSubmit={({ email = "", password = "" }) => enter({ email, password })}
  >
    {() => (
      <>
        <Field
          label={words.value.email}
          name="email"
          type="email"
          autocomplete="email"
          required
          maxLength={254}
        />
        <Field
          label={words.value.password}
          name="password"
          type="password"
          autocomplete="current-password"
          required
        />
      </>
    )}
  </Form>
);

/** The server names the field that it refuses. */
const isWrong = (problem: unknown, field: string) =>
  problem instanceof RewindError && problem.reason.includes(`${field}:`);

function Register({ onDone }: { onDone: (credentials: Credentials) => void }) {
  const t = words.value;
  const submit = async ({ name = "", email = "", password = "" }) => {
    await register({ url, name, email, password });
    onDone({ email, password });
  };
  return (
    <Form key="register" action={t.createAccount} onSubmit={submit}>
      {(problem) => (
        <>
          <Field
            label={t.name}
            hint={t.nameHint}
            name="name"
            autocomplete="nickname"
            required
            maxLength={MAX_NAME}
            isWrong={isWrong(problem, "name")}
          />
          <Field
            label={t.email}
            name="email"
            type="email"
            autocomplete="email"
            required
            maxLength={254}
            isWrong={isWrong(problem, "email")}
          />
          <Field
            label={t.password}
            hint={t.passwordHint}
            name="password"
            type="password"
            autocomplete="new-password"
            required
            minLength={MIN_PASSWORD}
            isWrong={isWrong(problem, "password")}
          />
        </>
      )}
    </Form>
  );
}

const isUnconfirmed = (error: unknown) => error instanceof RewindError && error.type === "HTTP_401";

function CheckMail({ credentials, onBack }: { credentials: Credentials; onBack: () => void }) {
  const t = words.value;
  const hasMailbox = useMailbox();
  return (
    <>
      <span class="emblem">
        <Icon name="mail" size={32} />
      </span>
      <h1>{t.checkMail}</h1>
      <p>
        {t.checkMailText} <bdi class="address">{credentials.email}</bdi>
      </p>
      <p>{t.checkMailHow}</p>
      <Form
        action={t.confirmed}
        onSubmit={() => enter(credentials)}
        describe={(error) => (isUnconfirmed(error) ? t.notConfirmed : problemOf(error))}
      >
        {() => null}
      </Form>
      <p class="switch">
        {hasMailbox && (
          <a href="/dev/mail" target="_blank" rel="noopener">
            {t.mailbox}
          </a>
        )}
        <button type="button" class="link" onClick={onBack}>
          {t.back}
        </button>
      </p>
    </>
  );
}

/** Whether this server shows its mails, as one for development does. */
function useMailbox(): boolean {
  const [isThere, setThere] = useState(false);
  useEffect(() => {
    fetch("/dev/mail", { headers: { Accept: "text/html" } }).then(
      ({ ok }) => setThere(ok),
      () => {},
    );
  }, []);
  return isThere;
}
