import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { emailOf, PASSWORD } from "../../systems/seed.ts";
import type { Stage } from "../stage.ts";
import { startTalkers } from "../talkers.ts";

const TALK_EVERY_MS = 50;
const QUIET_MS = 2_000;
const OK = new Set([200, 201]);
const TOO_MANY = 429;

/** @returns the status, 0 where there is no answer, and after how many ms it came */
function logIn(url: string, email: string, agent: Agent): Promise<{ status: number; ms: number }> {
  const begun = performance.now();
  const body = JSON.stringify({ email, password: PASSWORD });
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve) => {
    const done = (status: number) => resolve({ status, ms: performance.now() - begun });
    request(`${url}/api/v1/auth/login`, { method: "POST", headers, agent }, (response) => {
      response.resume().once("end", () => done(response.statusCode ?? 0));
    })
      .once("error", () => done(0))
      .end(body);
  });
}

/** Many log in at once, and do not try again, while others chat. */
export async function logins(stage: Stage): Promise<Record<string, number>> {
  const talkers = await startTalkers(stage, stage.setting("talkers"), TALK_EVERY_MS);
  await pause(QUIET_MS / 2);
  const quiet = performance.now();
  await pause(QUIET_MS);
  const before = await talkers.slowestSince(quiet);

  const agent = new Agent({ keepAlive: false });
  await stage.mark("begin");
  const begun = performance.now();
  const answers = await Promise.all(
    Array.from({ length: stage.setting("logins") }, (_, nth) =>
      logIn(stage.urlFor(nth).replace("ws", "http"), emailOf(nth), agent),
    ),
  );
  await stage.mark("end");
  const during = await talkers.slowestSince(begun);
  talkers.stop();
  const accepted = answers.filter(({ status }) => OK.has(status)).map(({ ms }) => ms);
  const refused = answers.filter(({ status }) => status === TOO_MANY).length;
  for (const { status } of answers)
    if (!OK.has(status) && status !== TOO_MANY) stage.failed(`HTTP ${status}`);
  const lastMs = Math.max(0, ...accepted);
  return {
    ...{ "logins/s": accepted.length / (lastMs / 1000), "logins done": accepted.length },
    ...{ "refused for now (429)": refused, "slowest login ms": lastMs },
    ...{ "slowest send before ms": before, "slowest send meanwhile ms": during },
  };
}
