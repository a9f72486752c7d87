import { STATUS_CODES } from "node:http";
import { html, ko, page, type Html } from "./html.ts";

export { loginForm, registerForm, type Problem } from "./forms.ts";
export { mailbox, type Mail } from "./mailbox.ts";

type Mailing = { devMailbox: boolean };

const button = (href: string, label: string, korean: string): Html =>
  html`<a class="button" href="${href}">${label} ${ko(`· ${korean}`)}</a>`;
const quietButton = (href: string, label: string, korean: string): Html =>
  html`<a class="button quiet" href="${href}">${label} ${ko(`· ${korean}`)}</a>`;

/** What is at `/` where the web client was not built. */
export const home = ({ devMailbox }: Mailing): string =>
  page({
    title: "A chat server",
    body: html`
      <h1>A chat server for people and communities</h1>
      <p>
        This is REWIND, the server behind a chat app: it keeps accounts, friends and messages, and delivers
        each message to everyone it concerns as it happens. Apps connect to it over WebSocket at
        <code>/ws</code>.
      </p>
      <p>${ko("REWIND 채팅 서버입니다. 앱은 웹소켓 주소 /ws 로 접속합니다.")}</p>
      <nav class="actions" aria-label="Account">
        ${button("/register", "Sign up", "회원가입")} ${quietButton("/login", "Log in", "로그인")}
        ${devMailbox && quietButton("/dev/mail", "Mailbox", "메일함")}
      </nav>
    `,
  });

export const registered = ({ devMailbox }: Mailing): string =>
  page({
    title: "Check your mail",
    body: html`
      <h1>Check your mail ${ko("메일을 확인해 주세요")}</h1>
      <p>We sent you a link. Open it to finish creating your account.</p>
      <p>${ko("보내 드린 메일의 링크를 열면 가입이 완료됩니다.")}</p>
      ${
        devMailbox &&
        html`<p>This server runs in development: its mail stays here.</p>
          <p class="actions">${button("/dev/mail", "Open the mailbox", "메일함")}</p>`
      }
    `,
  });

export const verified = (): string =>
  page({
    title: "Your account is ready",
    body: html`
      <h1>Your account is ready ${ko("가입이 완료되었습니다")}</h1>
      <p>Go back to the app and log in with your email and password.</p>
      <p>${ko("앱으로 돌아가 로그인해 주세요.")}</p>
      <p class="actions">${button("/", "Open REWIND", "REWIND 열기")}</p>
    `,
  });

export const linkExpired = (): string =>
  page({
    title: "This link no longer works",
    body: html`
      <h1>This link no longer works ${ko("만료된 링크입니다")}</h1>
      <p>
        A link works once and only for a while. If you have opened it before, your account is ready: log in.
      </p>
      <p>${ko("이미 가입을 마쳤다면 로그인하고, 아니라면 다시 가입해 주세요.")}</p>
      <p class="actions">
        ${button("/register", "Register again", "다시 가입")} ${quietButton("/", "Log in", "로그인")}
      </p>
    `,
  });

export const loggedIn = ({ token }: { token: string }): string =>
  page({
    title: "Logged in",
    body: html`
      <h1>You are logged in ${ko("로그인되었습니다")}</h1>
      <div class="field">
        <label for="token">Your token ${ko("· 토큰")}</label>
        <p class="hint" id="token-hint">
          Whoever has it can act as you. ${ko("다른 사람에게 보여 주지 마세요.")}
        </p>
        <textarea id="token" rows="5" readonly spellcheck="false" aria-describedby="token-hint">
${token}</textarea>
      </div>
      <p>
        A client connects to <code>/ws</code>, sends a heartbeat, then sends this frame with the token in it:
      </p>
      <pre><code>{"type":"auth","payload":{"auth":"&lt;token&gt;"}}</code></pre>
    `,
  });

const apology = (status: number): string => {
  if (status === 404) return "페이지를 찾을 수 없습니다.";
  if (status === 429) return "요청이 너무 많습니다. 잠시 후 다시 시도해 주세요.";
  return status >= 500
    ? "서버에 문제가 생겼습니다. 잠시 후 다시 시도해 주세요."
    : "요청을 처리할 수 없습니다.";
};

export const problem = ({ status, message }: { status: number; message: string }): string => {
  const title = STATUS_CODES[status] ?? "Something went wrong";
  return page({
    title,
    body: html`
      <p class="status">${status}</p>
      <h1>${title}</h1>
      <p>${message}</p>
      <p>${ko(apology(status))}</p>
      <p class="actions">${quietButton("/", "Back to the start", "처음으로")}</p>
    `,
  });
};
