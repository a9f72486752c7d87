/** A text, or an element: its name, attributes and children. */
export type Node = string | [tag: string, attributes: Record<string, string>, children: Node[]];

export const textOf = (node: Node): string =>
  typeof node === "string" ? node : node[2].map(textOf).join("");

export const slugOf = (node: Node): string =>
  textOf(node)
    .toLowerCase()
    .replace(/[^\p{L}\d]+/gu, "-")
    .replace(/^-|-$/g, "");

export const isElement = (node: Node, tag: string): boolean => typeof node !== "string" && node[0] === tag;
