import { expect, test } from "@jest/globals";
import { connectAs, dm, gateA, gateB, registerAll } from "../support/people.ts";
import { startServer } from "../support/server.ts";
import { until } from "./smtp.ts";

const METRICS_PORT = 20_000 + (process.pid % 10_000);
const scrape = async () => (await fetch(`http://127.0.0.1:${METRICS_PORT}/metrics`)).text();
/** The sum of a metric's samples that have all these labels. */
const sum = (text: string, name: string, ...labels: string[]) =>
  text
    .split("\n")
    .filter((line) => new RegExp(`^${name}[{ ]`).test(line) && labels.every((label) => line.includes(label)))
    .reduce((all, line) => all + Number(line.split(" ").at(-1)), 0);

test("METRICS_PORT shows sockets, frames, pushes, latencies, queues and pools", async () => {
  const server = await startServer({ METRICS_PORT: String(METRICS_PORT) });
  const [a, b] = await registerAll(server, "ann", "ben");
  if (!a || !b) throw new Error("two people");
  const [mine, theirs] = [await connectAs(gateA(server), a), await connectAs(gateB(server), b)];
  for (const content of ["one", "two", "three"]) {
    mine.send("chat", { type: "send", chat_id: dm(a, b), content });
    await Promise.all([mine.next("chat"), theirs.next("chat")]);
  }
  await mine.ask("chat", { type: "send", chat_id: "1", content: "to nobody" });
  await mine.ask("a client's own word");

  for (const gauge of ["rewind_gateway_sockets", "rewind_gateway_users"])
    await until(`${gauge} is 2`, async () => sum(await scrape(), gauge) === 2);
  const text = await scrape();
  const frames = (...labels: string[]) => sum(text, "rewind_gateway_frames", ...labels);
  expect(frames('frame="chat/send"', 'outcome="ok"')).toBe(3);
  expect(frames('frame="chat/send"', 'outcome="CONVERSATION_NOT_FOUND"')).toBe(1);
  expect(frames('frame="none"', 'outcome="INVALID"')).toBe(1);
  expect(text).not.toContain("own word");
  expect(sum(text, "rewind_pushes_published", 'push="chat.message.changed"')).toBe(3);
  expect(sum(text, "rewind_gateway_frame_milliseconds_bucket", 'frame="chat/send"', 'le="+Inf"')).toBe(4);
  expect(sum(text, "moleculer_request_total", 'action="chat.send"')).toBeGreaterThanOrEqual(3);
  for (const state of ["used", "idle", "waiting"])
    expect(text).toMatch(new RegExp(`^rewind_store_connections\\{.*service="chat",state="${state}"`, "m"));
  for (const name of ["gateway_frames_waiting", "gateway_backlog_bytes", "auth_hashes_waiting"])
    expect(text).toMatch(new RegExp(`^rewind_${name}[{ ]`, "m"));
  expect(text).toMatch(/^rewind_mailer_mails\{.*state="failed"/m);
});

test("one request id leads from a socket's frame to its SQL in the logs", async () => {
  const server = await startServer({ LOG_LEVEL: "debug" });
  const [a, b] = await registerAll(server, "ann", "ben");
  if (!a || !b) throw new Error("two people");
  const mine = await connectAs(gateA(server), a);
  mine.send("chat", { type: "send", chat_id: dm(a, b), content: "not for the log" });
  await mine.next("chat");
  await server.stop();
  const lines = server
    .stderr()
    .split("\n")
    .filter((line) => line.startsWith("{"));
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const id = entries.find(({ frame }) => frame === "chat/send")?.["requestID"];
  const sql = entries.filter(({ requestID, sql: text }) => requestID === id && text !== undefined);
  expect(id).toEqual(expect.stringMatching(/\S/));
  expect(sql.map((entry) => String(entry["sql"])).join("\n")).toMatch(/insert into `messages`/);
  expect(server.stderr()).not.toContain("not for the log");
});
