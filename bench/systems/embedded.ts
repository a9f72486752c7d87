import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fill, type Target } from "./fill.ts";
import { startScript, webSocketUrls } from "./rewind.ts";
import { userOf, type Seed } from "./seed.ts";
import type { Start, System } from "./system.ts";

/** `npm start`: once to make its files, which are filled while nothing has them open, and then to be measured. */
export async function startEmbedded(from: Start): Promise<System> {
  const making = await startScript("start", [], {}, { ...from, options: { ...from.options, profile: "" } });
  await making.stop();
  await fillFiles(join(from.dir, "data"), from.plan.seed);
  const server = await startScript("start", [], {}, from);
  from.undone.add(server.stop);
  return {
    ...{ name: "embedded", dialect: "rewind", urls: webSocketUrls(server), userOf },
    processes: () => [{ name: "embedded", pid: server.pid }],
  };
}

async function fillFiles(dir: string, seed: Seed): Promise<void> {
  const files = new Map<string, DatabaseSync>();
  const open = (service: string) => {
    const file = files.get(service) ?? new DatabaseSync(join(dir, `${service}.sqlite`));
    files.set(service, file);
    return file;
  };
  const target: Target = {
    run: async (service, sql) => open(service).exec(sql),
    series: (count) =>
      `(WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count}) SELECT n FROM numbers)`,
    div: "/",
  };
  try {
    await fill(target, seed);
  } finally {
    for (const file of files.values()) file.close();
  }
}
