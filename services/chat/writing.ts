import type { Logger } from "moleculer";
import type { Ctx, PushOf } from "../common/bus.ts";
import { fault, isFault } from "../common/errors.ts";
import { failpoint, planted } from "../common/failpoints.ts";
import { leaving } from "../common/leaving.ts";
import type { PushBus } from "../common/push-bus.ts";
import type { Message } from "./chat.contract.ts";
import type { AppendingRepository } from "./appending.repository.ts";
import type { Membership, Target } from "./membership.ts";
import type { RevisingRepository } from "./revising.repository.ts";

type Deps = {
  appending: AppendingRepository;
  revising: RevisingRepository;
  membership: Membership;
  push: PushBus;
  announce(): void;
  log: Logger;
};
type Send = Target & { content: string; nonce: string };
type Revising = Ctx<Target & { messageId: string; nonce: string; content?: string }>;

/** What changes a conversation: authorise, commit, tell both members, answer. */
export function writing({ appending, revising, membership, push, announce, log }: Deps) {
  const tell = teller(push);
  /** Where it is unknown whether a change was committed, whoever should hear of it hears by this. */
  const orAnnounced = (change: Promise<Message>) =>
    change.catch((error: unknown) => {
      if (isFault(error, "UNKNOWN")) announce();
      throw error;
    });

  const revise = async (ctx: Revising, content: string | null): Promise<Message> => {
    const { userId: authorId, messageId, nonce } = ctx.params;
    const room = await membership.known(ctx);
    if (!room) throw fault("CONVERSATION_NOT_FOUND");
    const message = await orAnnounced(revising.revise(room, { authorId, messageId, content, nonce }));
    await failpoint("chat.committed");
    tell({ change: changeOf(message), message, nonce });
    return message;
  };

  const send = async (ctx: Ctx<unknown>, wanted: Send): Promise<Message> => {
    const { userId: authorId, content, nonce } = wanted;
    const { id: conversationId } = await membership.opened(ctx, wanted);
    const written = (early: Message) => {
      if (planted("chat.publish-before-commit")) tell({ change: "sent", message: early, nonce });
    };
    const message = await orAnnounced(
      appending.append({ conversationId, authorId, content, nonce }, written),
    );
    await failpoint("chat.committed");
    tell({ change: changeOf(message), message, nonce });
    return message;
  };
  const failed = (requestID: string | null, error: unknown) => {
    const left = leaving(log, { requestID, action: "chat.send" }, error);
    const { type, message: reason } = isFault(left) ? left : fault("UNKNOWN");
    return { message: null, failure: { type: type ?? "", reason } };
  };

  return {
    send: (ctx: Ctx<Send>) => send(ctx, ctx.params),
    sendAll: (ctx: Ctx<{ sends: Send[] }>) =>
      together(
        ctx.params.sends.map((wanted) =>
          send(ctx, wanted).then(
            (message) => ({ message, failure: null }),
            (error: unknown) => failed(ctx.requestID, error),
          ),
        ),
      ),
    edit: (ctx: Revising & { params: { content: string } }) => revise(ctx, ctx.params.content),
    delete: (ctx: Revising) => revise(ctx, null),
  };
}

/** From the first of several that is done: the others are not held up longer by one that waits for a lock. */
const LATE_MS = 100;
type Outcome = { message: Message | null; failure: { type: string; reason: string } | null };

async function together(outcomes: Promise<Outcome>[]): Promise<Outcome[]> {
  const late = Promise.withResolvers<Outcome>();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer ??= setTimeout(() => late.resolve({ message: null, failure: null }), LATE_MS);
  };
  void Promise.race(outcomes).then(begin);
  const all = await Promise.all(outcomes.map((outcome) => Promise.race([outcome, late.promise])));
  clearTimeout(timer);
  return all;
}

/** A repetition may come late: what is told is how the message now stands. */
const changeOf = ({ deleted, seq, sentSeq }: Message) =>
  deleted ? "deleted" : seq === sentSeq ? "sent" : "edited";

function teller(push: PushBus) {
  let last: string[] = [];
  return (event: PushOf<"chat.message.changed">): void => {
    const { members } = event.message;
    push.toUsers(members, "chat.message.changed", event);
    if (planted("chat.push-to-stranger")) push.toUsers(last, "chat.message.changed", event);
    last = members;
  };
}
