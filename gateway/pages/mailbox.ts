import type { Value } from "../../services/common/contract.ts";
import type { mailer } from "../../services/mailer/mailer.contract.ts";
import { html, ko, page, type Fragment, type Html } from "./html.ts";

export type Mail = Value<typeof mailer.actions.mailbox.result>[number];

const waitSeconds = 5;
const address = /(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]])/i;

/** The text with its http(s) addresses made links; whatever else it holds stays text. */
const linked = (text: string): Fragment[] =>
  text
    .split(address)
    .map((part, i) =>
      i % 2 === 1 && URL.canParse(part) ? html`<a href="${part}" rel="noreferrer">${part}</a>` : part,
    );

const time = (milliseconds: number): Html => {
  const iso = new Date(milliseconds).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace("T", " ")} UTC</time>`;
};

const entry = (mail: Mail): Html =>
  html`<article class="mail">
    <h2 dir="auto">${mail.subject}</h2>
    <p class="meta">
      To <bdi>${mail.recipient}</bdi> · ${time(mail.createdAt)} ·
      <span class="state ${mail.state}">${mail.state}</span>
    </p>
    ${mail.lastError !== null && html`<p class="error">${mail.lastError}</p>`}
    <div class="mail-text" dir="auto">${linked(mail.text)}</div>
  </article>`;

const empty = html`<p class="empty">
  No mail yet. It shows up here by itself. ${ko("아직 메일이 없습니다.")}
</p>`;

/**
 * The mails kept in development, newest first. The page reloads itself only while there is something to wait
 * for: a reload takes away what the reader has selected.
 */
export const mailbox = ({ mails }: { mails: readonly Mail[] }): string => {
  const waiting = mails.length === 0 || mails.some(({ state }) => state === "queued");
  const newestFirst = mails.toSorted((a, b) => b.createdAt - a.createdAt);
  return page({
    title: "Mailbox",
    refresh: waiting && waitSeconds,
    body: html`
      <div class="title-row">
        <h1>Mailbox ${ko("메일함")}</h1>
        <a class="button quiet" href="/dev/mail">Refresh ${ko("· 새로고침")}</a>
      </div>
      <p>Mail this server would have sent. It is kept here for development only.</p>
      ${mails.length === 0 ? empty : newestFirst.map(entry)}
    `,
  });
};
