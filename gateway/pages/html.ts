/**
 * Markup that is already escaped. Only `html` makes it: the class itself is not exported, so no string, and
 * nothing that was parsed from a request, can pass for it.
 */
class Html {
  readonly #markup: string;
  constructor(markup: string) {
    this.#markup = markup;
  }
  toString(): string {
    return this.#markup;
  }
}
export type { Html };

/** What may stand in a template: `false`, `null` and `undefined` leave nothing behind, lists are joined. */
export type Fragment = Html | string | number | false | null | undefined | readonly Fragment[];

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => entities[char] ?? char);

const isList = (fragment: Fragment): fragment is readonly Fragment[] => Array.isArray(fragment);

const render = (fragment: Fragment): string => {
  if (fragment === null || fragment === undefined || fragment === false) return "";
  if (fragment instanceof Html) return fragment.toString();
  if (isList(fragment)) return fragment.map(render).join("");
  return escape(String(fragment));
};

/** Escapes every interpolation that is not itself `html`. Safe in text and in quoted attributes, nowhere else. */
export const html = (strings: TemplateStringsArray, ...values: Fragment[]): Html =>
  new Html(strings.reduce((markup, text, i) => markup + render(values[i - 1]) + text));

/** A line for those who read Korean. */
export const ko = (text: string): Html => html`<span lang="ko">${text}</span>`;

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E" +
  "%3Cpath fill='%237c5cff' d='M12 4v16L2 12zM22 4v16L12 12z'/%3E%3C/svg%3E";

type Page = {
  title: string;
  body: Html;
  lang?: string;
  /** Seconds after which the browser loads the page again. */
  refresh?: number | false;
};
/** The layout around every page. It holds no script and no inline style: the gateway's CSP allows neither. */
export const page = ({ title, body, lang = "en", refresh = false }: Page): string =>
  html`<!doctype html>
    <html lang="${lang}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        ${refresh !== false && html`<meta http-equiv="refresh" content="${refresh}" />`}
        <title>${title} · REWIND</title>
        <link rel="icon" href="${icon}" />
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <header>
          <a class="brand" href="/">
            <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
              <path fill="currentColor" d="M12 4v16L2 12zM22 4v16L12 12z" />
            </svg>
            REWIND
          </a>
        </header>
        <main>${body}</main>
      </body>
    </html> `.toString();
