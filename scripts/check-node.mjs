// Plain JavaScript that any Node reads: the rest of the project needs type stripping and node:sqlite.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 24 && !(major === 22 && minor >= 18)) {
  console.error(
    `REWIND needs Node 24, this is ${process.version}. "npm install" brings the right one along ` +
      `(package "node"), unless it was run with --ignore-scripts: then run "npm rebuild node".`,
  );
  process.exit(1);
}
