import MarkdownIt, { type Token } from "markdown-it";
import type { Plugin } from "vite";
import type { Node } from "./docs/markdown.ts";

const markdown = MarkdownIt({ html: false });

/** `import tree from "x.md"`: parsed when it is built, so that a page makes elements of it, and never HTML of a text. */
export const markdownTrees = (): Plugin => ({
  name: "markdown-trees",
  transform: {
    filter: { id: /\.md$/ },
    handler: (source) => ({
      code: `export default ${JSON.stringify(treeOf(markdown.parse(source, {})))}`,
      map: null,
    }),
  },
});

function treeOf(tokens: Token[]): Node[] {
  const root: Node[] = [];
  const open = [root];
  for (const token of tokens) {
    const here = open.at(-1) ?? root;
    if (token.nesting < 0) open.pop();
    else if (token.nesting === 0) here.push(...leaf(token));
    else {
      // A paragraph of a tight list is none.
      const children: Node[] = token.hidden ? here : [];
      if (!token.hidden) here.push([token.tag, attributesOf(token), children]);
      open.push(children);
    }
  }
  return root;
}

/** The others would be styles. */
const KEPT = new Set(["href", "start"]);
const attributesOf = ({ attrs }: Token) =>
  Object.fromEntries(
    (attrs ?? []).flatMap(([name, value]) => (KEPT.has(name) ? [[name, String(value)]] : [])),
  );

function leaf({ type, tag, content, info, children }: Token): Node[] {
  switch (type) {
    case "inline":
      return treeOf(children ?? []);
    case "text":
      return content === "" ? [] : [content];
    case "softbreak":
      return [" "];
    case "code_inline":
      return [["code", {}, [content]]];
    case "fence":
      return [["pre", { "data-language": info }, [["code", {}, [content]]]]];
    case "hr":
    case "hardbreak":
      return [[tag, {}, []]];
    default:
      throw new Error(`${type}: the documents have none`);
  }
}
