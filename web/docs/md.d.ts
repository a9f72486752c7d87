declare module "*.md" {
  const tree: import("./markdown.ts").Node[];
  export default tree;
}
