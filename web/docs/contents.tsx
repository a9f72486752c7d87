import { useEffect, useRef, useState } from "preact/hooks";
import guide from "../../docs/write-a-client.md";
import { pushes, requests } from "./asyncapi.ts";
import type { Place } from "./location.ts";
import { isElement, slugOf, textOf } from "./markdown.ts";
import { operations } from "./openapi.ts";

/** `about` is looked through as well. */
type Entry = { id: string; title: string; about?: string; isCode?: boolean };
type Group = { id: string; title: string; entries: Entry[] };

const groups: Group[] = [
  {
    id: "client",
    title: "Write a client",
    entries: guide
      .filter((node) => isElement(node, "h2"))
      .map((node) => ({ id: `client/${slugOf(node)}`, title: textOf(node) })),
  },
  {
    id: "http",
    title: "HTTP",
    entries: operations.map(({ id, method, path, summary }) => ({
      ...{ id, title: `${method} ${path}`, about: summary, isCode: true },
    })),
  },
  {
    id: "socket",
    title: "WebSocket",
    entries: [
      ...requests.map(({ id, name, summary }) => ({ id, title: name, about: summary, isCode: true })),
      ...pushes.map(({ id, name }) => ({ id, title: `push ${name}`, isCode: true })),
      { id: "socket/errors", title: "Errors" },
      { id: "socket/try", title: "Try it" },
    ],
  },
  { id: "v2", title: "Protocol v2, in words", entries: [] },
  { id: "v1", title: "Protocol v1, in words", entries: [] },
];

const has = (text: string, wanted: string) => text.toLowerCase().includes(wanted.trim().toLowerCase());
/** A group whose own title fits is shown whole. */
const fitting = (wanted: string): Group[] =>
  groups
    .map((group) => {
      const fits = ({ title, about = "" }: Entry) => has(`${title} ${about}`, wanted);
      return has(group.title, wanted) ? group : { ...group, entries: group.entries.filter(fits) };
    })
    .filter((group) => group.entries.length > 0 || has(group.title, wanted));

/** Everything there is to read, in one list that can be narrowed. On a phone it opens when asked for. */
export function Contents({ place }: { place: Place }) {
  const [wanted, setWanted] = useState("");
  const [isOpen, setOpen] = useState(false);
  const shown = fitting(wanted);
  const list = useRef<HTMLUListElement>(null);
  useEffect(
    () => list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" }),
    [place],
  );
  return (
    <nav class={isOpen ? "contents open" : "contents"} aria-label="Contents">
      <button type="button" class="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        Contents
      </button>
      <div class="list">
        <label for="filter">Filter</label>
        <input
          id="filter"
          type="search"
          autocomplete="off"
          value={wanted}
          onInput={({ currentTarget }) => setWanted(currentTarget.value)}
        />
        <p class="soft" aria-live="polite">
          {shown.length === 0 && "Nothing has that in its name."}
        </p>
        <ul ref={list} onClick={() => setOpen(false)}>
          {shown.map(({ id, title, entries }) => (
            <li key={id}>
              <Link {...{ id, title, place }} />
              <ul>
                {entries.map((entry) => (
                  <li key={entry.id}>
                    <Link {...entry} place={place} />
                  </li>
                ))}
              </ul>
            </li>
          ))}
        </ul>
      </div>
    </nav>
  );
}

const Link = ({ id, title, isCode, place }: Entry & { place: Place }) => (
  <a href={`#${id}`} {...(place.id === id && { "aria-current": "location" })}>
    {isCode ? <code>{title}</code> : title}
  </a>
);
