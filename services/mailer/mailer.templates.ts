export type Template = "verify" | "alreadyRegistered";
export type Letter = { subject: string; text: string; html: string };
type Parts = { subject: string; lines: (name: string) => string[]; button: string };

const templates: Record<Template, Parts> = {
  verify: {
    subject: "Confirm your REWIND account · 계정 인증",
    lines: (name) => [
      `Hello ${name}, open this link to finish your account. It works once, for 24 hours.`,
      "아래 링크를 열면 가입이 완료됩니다. 링크는 24시간 동안 한 번만 사용할 수 있습니다.",
      "If you did not ask for an account, ignore this mail: nothing will be made.",
    ],
    button: "Confirm · 인증하기",
  },
  alreadyRegistered: {
    subject: "You already have a REWIND account · 이미 가입된 계정",
    lines: (name) => [
      `Hello, someone asked for an account named ${name} with your e-mail address, which has one already.`,
      "이미 가입된 이메일 주소입니다. 아래에서 로그인해 주세요.",
      "If it was you, log in instead. If it was not, there is nothing to do: nothing was changed.",
    ],
    button: "Log in · 로그인",
  },
};

const escapes: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escape = (text: string) => text.replace(/[&<>"']/g, (c) => escapes[c] ?? c);

/** Fills in a letter. `name` and `link` came from outside and are escaped where they meet HTML. */
export function compose(template: Template, name: string, link: string): Letter {
  const { subject, lines, button } = templates[template];
  const [first = "", ...rest] = lines(name);
  const paragraphs = [first, ...rest].map((line) => `<p>${escape(line)}</p>`);
  paragraphs.splice(1, 0, `<p><a href="${escape(link)}">${escape(button)}</a></p>`);
  return { subject, text: [first, link, ...rest].join("\n\n"), html: paragraphs.join("\n") };
}
