import type { Ctx, PushOf } from "../common/bus.ts";
import { fault, isFault } from "../common/errors.ts";
import { failpoint, planted } from "../common/failpoints.ts";
import type { PushBus } from "../common/push-bus.ts";
import type { Message } from "./chat.contract.ts";
import type { Appended, AppendingRepository, Draft } from "./appending.repository.ts";
import type { Membership, Target } from "./membership.ts";
import type { RevisingRepository } from "./revising.repository.ts";

type Deps = {
  appending: AppendingRepository;
  revising: RevisingRepository;
  membership: Membership;
  push: PushBus;
  announce(): void;
};
type Revising = Ctx<Target & { messageId: string; nonce: string; content?: string }>;

/** What changes a conversation: authorise, commit, tell both members, answer. */
export function writing({ appending, revising, membership, push, announce }: Deps) {
  const tell = teller(push);
  /** Where it is unknown whether a change was committed, whoever should hear of it hears by this. */
  const orAnnounced = <T>(change: Promise<T>) =>
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

  const send = async (ctx: Ctx<Target>, drafts: Draft[]): Promise<Appended> => {
    if (drafts.length === 0) throw fault("INVALID", "drafts: at least one is needed.");
    const { id: conversationId } = await membership.opened(ctx);
    const tellAll = (appended: Appended) => {
      for (const [i, outcome] of appended.entries())
        if (outcome.status === "fulfilled") {
          const { value: message } = outcome;
          tell({ change: changeOf(message), message, nonce: drafts[i]?.nonce ?? message.nonce });
        }
    };
    const early = (appended: Appended) => planted("chat.publish-before-commit") && tellAll(appended);
    const run = { conversationId, authorId: ctx.params.userId, drafts };
    const appended = await orAnnounced(appending.append(run, early));
    await failpoint("chat.committed");
    tellAll(appended);
    return appended;
  };

  return {
    async send(ctx: Ctx<Target & Draft>): Promise<Message> {
      const { content, nonce } = ctx.params;
      const [outcome] = await send(ctx, [{ content, nonce }]);
      if (outcome?.status === "fulfilled") return outcome.value;
      throw outcome?.reason ?? fault("FAILED");
    },
    async sendRun(ctx: Ctx<Target & { drafts: Draft[] }>): Promise<(Message | null)[]> {
      const appended = await send(ctx, ctx.params.drafts);
      return appended.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : null));
    },
    edit: (ctx: Revising & { params: { content: string } }) => revise(ctx, ctx.params.content),
    delete: (ctx: Revising) => revise(ctx, null),
  };
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
