import { h, type ComponentChild } from "preact";
import { slugOf, type Node } from "./markdown.ts";

/** A sentence of the generated documents: of markup it has code alone. */
export const Words = ({ text }: { text: string }) => (
  <>{text.split("`").map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>
);

/** Where the documents link to each other; what is not shown here is in the repository. */
const pages: Record<string, string> = {
  "protocol-v1.md": "#v1",
  "protocol-v2.md": "#v2",
  "write-a-client.md": "#client",
  "asyncapi.json": "/docs/asyncapi.json",
};
const isAddress = (href: string) => /^https?:/.test(href);

/** A document that was written by hand. `id` is the page's: headings are parts of it. */
export function Article({ id, nodes }: { id: string; nodes: Node[] }) {
  return <article>{nodes.map((node, i) => element(node, id, i))}</article>;
}

function element(node: Node, page: string, key: number): ComponentChild {
  if (typeof node === "string") return node;
  const [tag, { href, "data-language": language }, children] = node;
  const inner = children.map((child, i) => element(child, page, i));
  if (tag === "table")
    return (
      <div key={key} class="scroll" tabIndex={0} role="group" aria-label="Table">
        <table>{inner}</table>
      </div>
    );
  if (tag === "pre")
    return (
      <pre key={key} tabIndex={0} role="group" aria-label={`Code, ${language || "text"}`}>
        {inner}
      </pre>
    );
  if (tag === "h2") return h(tag, { key, id: `${page}/${slugOf(node)}` }, inner);
  if (tag !== "a") return h(tag, { key }, inner);
  const to = pages[href ?? ""] ?? (isAddress(href ?? "") ? href : undefined);
  return to === undefined ? <span key={key}>{inner}</span> : h("a", { key, href: to }, inner);
}
