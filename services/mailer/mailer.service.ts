import { setTimeout as pause } from "node:timers/promises";
import { defineService } from "../common/define-service.ts";
import { fault } from "../common/errors.ts";
import { mailer } from "./mailer.contract.ts";
import { startQueue } from "./mailer.queue.ts";
import { mailerRepository } from "./mailer.repository.ts";
import { compose } from "./mailer.templates.ts";
import { transportFor } from "./mailer.transport.ts";

/** How long a stop waits for the mail server. */
const STOP_MS = 1_500;

export default defineService(mailer, async ({ config, log, store, ids, meter, onStop }) => {
  const db = await store();
  const repository = mailerRepository(db, await ids(db));
  const transport = transportFor(config, log);
  const queue = transport && startQueue(repository, transport, log);
  for (const state of ["queued", "failed"] as const)
    meter.watch("rewind.mailer.mails", { state }, async () => (await repository.counts())[state]);
  onStop(async () => {
    transport?.close();
    await Promise.race([queue?.stop(), pause(STOP_MS)]); // a mail still under way is sent again after the next start
  });

  return {
    actions: {
      async send({ params: { key, to, template, name, link } }) {
        await repository.enqueue(key, to, compose(template, name, link));
        queue?.ring();
      },

      queue: () => repository.counts(),

      async mailbox({ params: { limit } }) {
        if (!config.devMailbox) throw fault("NOT_FOUND");
        return repository.newest(limit);
      },

      async retry() {
        const count = await repository.requeueFailed();
        queue?.ring();
        return count;
      },
    },
  };
});
