import { defineService } from "../common/define-service.ts";
import { appendingRepository } from "./appending.repository.ts";
import { announcer } from "./announcer.ts";
import { changesRepository } from "./changes.repository.ts";
import { chat } from "./chat.contract.ts";
import { chatRepository } from "./chat.repository.ts";
import { membership } from "./membership.ts";
import { readingActions } from "./reading.ts";
import { revisingRepository } from "./revising.repository.ts";
import { readingRepository } from "./reading.repository.ts";
import { writing } from "./writing.ts";

export default defineService(chat, async ({ store, ids, push, log, onLoss }) => {
  const db = await store();
  const made = await ids(db);
  const repository = chatRepository(db, made);
  const { cursors, changes, recent } = changesRepository(db);
  const announce = announcer({ recent, push, log });
  const deps = {
    ...{ announce, log },
    ...{ repository, push, membership: membership(repository) },
    reading: readingRepository(db),
    ...{ appending: appendingRepository(db, made), revising: revisingRepository(db) },
  };

  onLoss(announce);
  announce(); // what another process committed and died of before this one was started

  return {
    actions: {
      ...writing(deps),
      ...readingActions(deps),
      cursors: ({ params: { userId, after } }) => cursors(userId, after),
      changes: ({ params: { userId, conversationId, after, limit } }) =>
        changes(userId, conversationId, after, limit),
    },
  };
});
