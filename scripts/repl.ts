/**
 * `npm run repl`: Moleculer's REPL as one more node of a running cluster, that of NATS_URL or else the one that runs
 * on DATA_DIR. Commands may be piped in: each runs when the one before it is done, and the last line ends it.
 */
import { ServiceBroker } from "moleculer";
import startRepl from "moleculer-repl";
import type { REPLServer } from "node:repl";
import { setTimeout as pause } from "node:timers/promises";
import { isKind, KINDS, kindOf } from "./cluster/plan.ts";
import { clusterDir, readList } from "./cluster/state.ts";

const KNOWN_WITHIN_MS = 5_000;

const listed = readList(clusterDir());
const given = process.env["NATS_URL"]?.trim();
const url = given || listed.find(({ name }) => name === "nats")?.url;
if (url === undefined) {
  process.stderr.write(`no cluster runs on ${clusterDir()}: npm run cluster, or set NATS_URL\n`);
  process.exit(1);
}
// Read by the configuration when it is loaded. More of a log would garble the prompt.
Object.assign(process.env, {
  NATS_URL: url,
  NODE_ID: `repl-${process.pid}`,
  LOG_LEVEL: "warn",
  METRICS_PORT: "",
});
const { default: options } = await import("../moleculer.config.ts");
const broker = new ServiceBroker({ ...options, started: undefined });
await broker.start();
await everyoneKnown(given ? 0 : listed.filter(({ name }) => isKind(kindOf(name))).length);
const session = startRepl(broker, { delimiter: "rewind $", customCommands: [] });
Object.assign(session, { ignoreUndefined: true }); // commands print what they have to say
if (!process.stdin.isTTY) takeTurns(session);

/** Resolves when each kind of service, and as many processes, are known; or, where one is missing, after a while. */
async function everyoneKnown(processes: number): Promise<void> {
  const deadline = Date.now() + KNOWN_WITHIN_MS;
  await broker.waitForServices([...KINDS], KNOWN_WITHIN_MS).catch(() => {});
  const others = () => broker.registry.nodes.list({ onlyAvailable: true }).length - 1;
  while (others() < processes && Date.now() < deadline) await pause(20);
}

/** Left to itself it begins all that is piped in at once, and ends with the input, waiting for no answer. */
function takeTurns(repl: REPLServer): void {
  const evaluate = repl.eval;
  let last = Promise.resolve();
  const inTurn: typeof evaluate = (command, context, file, done) => {
    const run = () =>
      new Promise<void>((resolve) => {
        evaluate.call(repl, command, context, file, (error, result) => (done(error, result), resolve()));
      });
    last = last.then(run);
  };
  Object.assign(repl, { eval: inTurn });
  const exit = repl.listeners("exit");
  repl.removeAllListeners("exit");
  repl.once("exit", () => void last.then(() => exit.forEach((listener) => listener())));
}
