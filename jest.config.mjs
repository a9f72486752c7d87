import { existsSync, statfsSync } from "node:fs";

/** Tests kill processes, never the machine: where there is room, their data is in memory. */
const MEMORY = "/dev/shm";
const ROOM_BYTES = 8 * 1024 ** 3;
const free = existsSync(MEMORY) ? statfsSync(MEMORY) : { bavail: 0, bsize: 0 };
if (free.bavail * free.bsize > ROOM_BYTES) process.env.TMPDIR ??= MEMORY;

/** In the cluster shape v1's conformance runs, v2's hardest tests, two people in browsers, and what is true of clusters alone; embedded, the rest. */
const isCluster = process.env.REWIND_SHAPE === "cluster";

export default {
  testMatch: isCluster
    ? [
        "<rootDir>/test/{conformance,cluster}/**/*.test.ts",
        "<rootDir>/test/browser/{day,outage}.test.ts",
        "<rootDir>/test/conformance-v2/{resume,runs}.test.ts",
      ]
    : ["<rootDir>/test/!(cluster)/**/*.test.ts"],
  globalSetup: "<rootDir>/test/support/chromium.ts",
  transform: { "\\.ts$": "<rootDir>/test/support/strip-types.cjs" },
  extensionsToTreatAsEsm: [".ts"],
  coverageProvider: "v8",
  testTimeout: isCluster ? 90_000 : 30_000,
  testSequencer: "<rootDir>/test/support/slow-first.cjs",
  maxWorkers: isCluster ? 2 : 3, // a cluster keeps two cores busy; embedded, tests mostly wait
};
