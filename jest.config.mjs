export default {
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  transform: { "\\.ts$": "<rootDir>/test/support/strip-types.cjs" },
  extensionsToTreatAsEsm: [".ts"],
  coverageProvider: "v8",
  testTimeout: 30_000,
  maxWorkers: 2,
};
