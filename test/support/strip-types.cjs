// Jest reads TypeScript the way Node runs it: types stripped, nothing compiled, lines kept.
const { createHash } = require("node:crypto");
const { stripTypeScriptTypes } = require("node:module");
process.removeAllListeners("warning"); // "experimental" is said once for each file otherwise
module.exports = {
  process: (source) => ({ code: stripTypeScriptTypes(source, { mode: "strip" }) }),
  getCacheKey: (source, file) =>
    createHash("sha1").update(source).update(file).update(process.version).digest("hex"),
};
