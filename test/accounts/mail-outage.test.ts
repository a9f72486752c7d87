import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { startServer } from "../support/server.ts";
import { asked, mailsOf } from "./accounts.ts";

describe("a mail server that takes connections and says nothing", () => {
  const silentServer = async () => {
    const connected = Promise.withResolvers<void>();
    const silent = createServer(() => connected.resolve());
    await new Promise<void>((resolve) => void silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const server = await startServer({ SMTP_URL: `smtp://127.0.0.1:${port}` });
    return { server, connected: connected.promise, close: () => silent.close() };
  };

  test("holds up no registration", async () => {
    const { server, connected, close } = await silentServer();
    const first = await asked(server);
    await connected;
    const second = await asked(server);
    await server.kill();
    close();
    const queued = { state: "queued", last_error: null };
    expect(mailsOf(server)).toMatchObject([
      { ...queued, recipient: first.email, attempts: 1 },
      { ...queued, recipient: second.email, attempts: 0 },
    ]);
  });

  test("does not hold up a stop: exit code 0 within 5 s", async () => {
    const { server, connected, close } = await silentServer();
    await asked(server);
    await connected;
    const stopped = await Promise.race([server.stop(), pause(5_000, null)]);
    await server.kill();
    close();
    expect(stopped?.code).toBe(0);
  });
});
