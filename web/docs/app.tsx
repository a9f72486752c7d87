import { useEffect, useRef } from "preact/hooks";
import v1 from "../../docs/protocol-v1.md";
import v2 from "../../docs/protocol-v2.md";
import guide from "../../docs/write-a-client.md";
import { Contents } from "./contents.tsx";
import { Http } from "./http.tsx";
import { usePlace } from "./location.ts";
import { Socket } from "./socket.tsx";
import { Start } from "./start.tsx";
import { Article } from "./words.tsx";

const start = { title: "Documents", Page: Start };
const pages = new Map([
  ["client", { title: "Write a client", Page: () => <Article id="client" nodes={guide} /> }],
  ["http", { title: "HTTP", Page: Http }],
  ["socket", { title: "WebSocket", Page: Socket }],
  ["v2", { title: "Protocol v2", Page: () => <Article id="v2" nodes={v2} /> }],
  ["v1", { title: "Protocol v1", Page: () => <Article id="v1" nodes={v1} /> }],
]);

export function App() {
  const place = usePlace();
  const { title, Page } = pages.get(place.page) ?? start;
  useEffect(() => {
    document.title = `${title} · REWIND`;
  }, [title]);
  const main = useRef<HTMLElement>(null);
  return (
    <div class="docs">
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip the contents
      </button>
      <header>
        <a class="brand" href="#">
          <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
            <path fill="currentColor" d="M12 4v16L2 12zM22 4v16L12 12z" />
          </svg>
          REWIND <span class="soft">documents</span>
        </a>
        <a href="/">To the chat</a>
      </header>
      <div class="columns">
        <Contents place={place} />
        <main key={title} ref={main} tabIndex={-1}>
          <Page />
        </main>
      </div>
    </div>
  );
}
