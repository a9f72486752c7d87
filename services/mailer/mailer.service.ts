import { defineService } from "../common/define-service.ts";
import { fault } from "../common/errors.ts";
import { mailer } from "./mailer.contract.ts";
import { startQueue } from "./mailer.queue.ts";
import { mailerRepository } from "./mailer.repository.ts";
import { compose } from "./mailer.templates.ts";
import { transportFor } from "./mailer.transport.ts";

export default defineService(mailer, async ({ config, log, store, ids, onStop }) => {
  const db = await store();
  const repository = mailerRepository(db, await ids(db));
  const transport = transportFor(config, log);
  const queue = transport && startQueue(repository, transport, log);
  onStop(async () => {
    await queue?.stop();
    transport?.close();
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
