import { html, ko, page, type Fragment, type Html } from "./html.ts";

/** What is wrong with a form. A `field` the form does not have (such as "") stands for the form as a whole. */
export type Problem = { field: string; message: string };

type Field = {
  name: string;
  label: string;
  korean: string;
  type: "text" | "email" | "password";
  autocomplete: string;
  min?: number;
  max: number;
  hint?: Html;
  value?: string | undefined;
};
type Form = {
  title: string;
  heading: Html;
  action: string;
  submit: Html;
  fields: Field[];
  problems: Problem[];
  after: Html;
};

const email = {
  name: "email",
  label: "Email",
  korean: "이메일",
  type: "email",
  autocomplete: "username",
  max: 254,
} as const satisfies Field;

const password = {
  name: "password",
  label: "Password",
  korean: "비밀번호",
  type: "password",
  max: 1024,
} as const;

const input = (field: Field, describedBy: string[], invalid: boolean): Html =>
  html`<input
    id="${field.name}"
    name="${field.name}"
    type="${field.type}"
    autocomplete="${field.autocomplete}"
    autocapitalize="none"
    spellcheck="false"
    required
    maxlength="${field.max}"
    ${field.min !== undefined && html`minlength="${field.min}"`}
    ${field.value !== undefined && html`value="${field.value}"`}
    ${invalid && html`aria-invalid="true"`}
    ${describedBy.length > 0 && html`aria-describedby="${describedBy.join(" ")}"`}
  />`;

const fieldRow = (field: Field, problems: Problem[]): Html => {
  const own = problems.filter((problem) => problem.field === field.name);
  const hintId = `${field.name}-hint`;
  const errorId = `${field.name}-error`;
  const describedBy = [...(field.hint ? [hintId] : []), ...(own.length > 0 ? [errorId] : [])];
  return html`<div class="field">
    <label for="${field.name}">${field.label} ${ko(`· ${field.korean}`)}</label>
    ${field.hint && html`<p class="hint" id="${hintId}">${field.hint}</p>`}
    ${input(field, describedBy, own.length > 0)}
    ${own.length > 0 && html`<p class="error" id="${errorId}">${own.map((problem) => problem.message).join(" ")}</p>`}
  </div>`;
};

const problemLine = ({ field, message }: Problem, fields: Field[]): Html => {
  const named = fields.find(({ name }) => name === field);
  return html`<li>${named && html`<a href="#${named.name}">${named.label}</a>: `}${message}</li>`;
};

const alert = (problems: Problem[], fields: Field[]): Fragment =>
  problems.length > 0 &&
  html`<div class="alert" role="alert" tabindex="-1" autofocus>
    <p><strong>That did not work.</strong> ${ko("다시 확인해 주세요.")}</p>
    <ul>
      ${problems.map((problem) => problemLine(problem, fields))}
    </ul>
  </div>`;

const formPage = ({ title, heading, action, submit, fields, problems, after }: Form): string =>
  page({
    title: problems.length > 0 ? `Error: ${title}` : title,
    body: html`
      <h1>${heading}</h1>
      ${alert(problems, fields)}
      <form method="post" action="${action}">
        ${fields.map((field) => fieldRow(field, problems))}
        <button type="submit">${submit}</button>
      </form>
      <p class="after">${after}</p>
    `,
  });

type RegisterForm = { values?: { name?: string; email?: string }; problems?: Problem[] };
export const registerForm = ({ values = {}, problems = [] }: RegisterForm = {}): string =>
  formPage({
    title: "Create an account",
    heading: html`Create an account ${ko("회원가입")}`,
    action: "/api/v1/auth/register",
    submit: html`Create account ${ko("· 가입하기")}`,
    fields: [
      {
        name: "name",
        label: "Name",
        korean: "이름",
        type: "text",
        autocomplete: "nickname",
        max: 32,
        hint: html`Others find you by it. Up to 32 characters. ${ko("32자 이하")}`,
        value: values.name,
      },
      { ...email, value: values.email },
      {
        ...password,
        autocomplete: "new-password",
        min: 8,
        hint: html`At least 8 characters. ${ko("8자 이상")}`,
      },
    ],
    problems,
    after: html`Already have an account? <a href="/login">Log in ${ko("· 로그인")}</a>`,
  });

type LoginForm = { values?: { email?: string }; problems?: Problem[] };
export const loginForm = ({ values = {}, problems = [] }: LoginForm = {}): string =>
  formPage({
    title: "Log in",
    heading: html`Log in ${ko("로그인")}`,
    action: "/api/v1/auth/login",
    submit: html`Log in ${ko("· 로그인")}`,
    fields: [
      { ...email, value: values.email },
      { ...password, autocomplete: "current-password" },
    ],
    problems,
    after: html`No account yet? <a href="/register">Create one ${ko("· 회원가입")}</a>`,
  });
