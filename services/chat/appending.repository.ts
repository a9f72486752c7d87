import type { Knex } from "knex";
import { batcher } from "../common/batcher.ts";
import { isDuplicate, type Store } from "../common/db.ts";
import { fault, isFault } from "../common/errors.ts";
import { planted } from "../common/failpoints.ts";
import type { Ids } from "../common/ids.ts";
import { digestOf } from "../common/nonces.ts";
import type { Message } from "./chat.contract.ts";
import { toMessage, type Conversation, type Row } from "./chat.repository.ts";

export type Draft = { conversationId: string; authorId: string; content: string; nonce: string };
/** `early`: for planted bugs alone, told of a message that is written and not yet committed. */
type Item = Draft & { early?: (message: Message) => void };
type Outcome = PromiseSettledResult<Message>;
type Lock = Store["lockFree"];
const waiting: Lock = (query) => query.forUpdate();

/** Messages committed together at most, and waiting to be. */
const LIMITS = [128, 4_096] as const;
const SKIPPED = { status: "fulfilled", value: undefined } as const;

export type AppendingRepository = ReturnType<typeof appendingRepository>;

/**
 * Appends messages to conversations that exist. Those that arrive together are committed together: one transaction and
 * one flush for all, whatever their conversations and authors.
 */
export function appendingRepository({ knex, decided, lockFree }: Store, ids: Ids) {
  const together = async (items: Item[], lock: Lock): Promise<(Outcome | undefined)[]> => {
    try {
      const reads = [lock(conversationsOf(knex, items)), sentBefore(knex, items), revisedBefore(knex, items)];
      const decide = (rows: unknown[][]) => write(knex, items, rows as Found, ids);
      return await decided(reads, decide, "chat.before-commit");
    } catch (error) {
      return items.length > 1 && concernsOne(error) ? oneByOne(items, lock) : items.map(() => failed(error));
    }
  };
  const oneByOne = async (items: Item[], lock: Lock): Promise<(Outcome | undefined)[]> => {
    const outcomes: (Outcome | undefined)[] = [];
    for (const item of items) outcomes.push(...(await together([item], lock)));
    return outcomes;
  };

  /** Waits for conversations in which another process writes, and with it those that arrive meanwhile. */
  const later = batcher<Item, Message>(
    async (items) =>
      (await together(items, waiting)).map((it) => it ?? failed(fault("CONVERSATION_NOT_FOUND"))),
    ...LIMITS,
  );
  /** Never waits for another process: one that was frozen holds up its own conversations alone. */
  const now = batcher<Item, Message | undefined>(
    async (items) => (await together(items, lockFree)).map((it) => it ?? SKIPPED),
    ...LIMITS,
  );
  const add = async (item: Item): Promise<Message> => (await now(item)) ?? later(item);

  return {
    /**
     * After this resolves the message is on disk. The same author and nonce append once, for good: said again, the
     * message as it now stands is the answer.
     * @throws NONCE_REUSED where the author used the nonce for anything else
     */
    append(draft: Draft, tellEarly: (message: Message) => void): Promise<Message> {
      if (!planted("chat.ack-before-commit")) return add({ ...draft, early: tellEarly });
      const { promise, resolve } = Promise.withResolvers<Message>();
      return Promise.race([promise, add({ ...draft, early: resolve })]);
    },
  };
}

/** Whether one item may have spoiled a batch of which nothing was committed. */
const concernsOne = (error: unknown) => !isFault(error, "UNKNOWN") && !isFault(error, "UNAVAILABLE");
/** A nonce that another process took for another conversation at the same moment is in use. */
const failed = (error: unknown): Outcome => ({
  status: "rejected",
  reason: isDuplicate(error) ? fault("NONCE_REUSED") : error,
});

type By = { authorId: string; nonce: string };
type Found = [Conversation[], Row[], { userId: string; nonce: string }[]];
const keyOf = ({ authorId, nonce }: By) => `${authorId} ${nonce}`;

/** Locked by rising id, until the transaction ends: what happens in a conversation happens one after the other. */
const conversationsOf = (knex: Knex, items: Draft[]) =>
  knex("conversations")
    .whereIn("id", [...new Set(items.map(({ conversationId }) => conversationId))])
    .orderBy("id");

/** What the nonces were used for before: messages, and changes of messages. */
const sentBefore = (knex: Knex, items: Draft[]) =>
  knex("messages").where((any) => {
    for (const { authorId, nonce } of items) any.orWhere({ authorId, nonce });
  });
const revisedBefore = (knex: Knex, items: Draft[]) =>
  knex("nonces")
    .where((any) => {
      for (const { authorId: userId, nonce } of items) any.orWhere({ userId, nonce });
    })
    .select("userId", "nonce");

/** What is to be written, and the outcome of each item; undefined: its conversation was not there to lock. */
function write(knex: Knex, items: Item[], [locked, sent, revised]: Found, ids: Ids) {
  const conversations = new Map(locked.map((row) => [row.id, row]));
  const known = new Map(sent.map((row) => [keyOf(row), row]));
  const revisions = new Set(revised.map(({ userId, nonce }) => keyOf({ authorId: userId, nonce })));
  const fresh: Row[] = [];
  const moved = new Set<Conversation>();
  const append = (item: Item): Outcome | undefined => {
    const conversation = conversations.get(item.conversationId);
    if (!conversation) return undefined;
    if (revisions.has(keyOf(item))) return failed(fault("NONCE_REUSED"));
    const forgets = planted("chat.forget-nonce");
    const before = forgets ? undefined : known.get(keyOf(item));
    if (before) return repeated(conversation, before, item);
    const row = next(conversation, forgets ? { ...item, nonce: ids.next("other") } : item, ids);
    Object.assign(conversation, { lastSeq: row.seq, lastMessageId: row.id, lastMessageAt: row.createdAt });
    moved.add(conversation);
    fresh.push(row);
    known.set(keyOf(item), row);
    return { status: "fulfilled", value: toMessage(conversation, row) };
  };
  const outcomes = items.map(append);
  for (const [i, outcome] of outcomes.entries())
    if (outcome?.status === "fulfilled") items[i]?.early?.(outcome.value);
  const writes = fresh.length === 0 ? [] : [knex("messages").insert(fresh), advance(knex, [...moved])];
  return { writes, result: outcomes };
}

/** The rows are locked: what they are set to is what the database had, and one more for each message. */
const advance = (knex: Knex, moved: Conversation[]) =>
  knex("conversations").insert(moved).onConflict("id").merge(["lastSeq", "lastMessageId", "lastMessageAt"]);

function next(conversation: Conversation, { authorId, content, nonce }: Draft, ids: Ids): Row {
  const seq = conversation.lastSeq + 1;
  const byClock = planted("chat.order-by-clock");
  return {
    ...{ conversationId: conversation.id, seq, changeSeq: seq, authorId, content, nonce },
    id: ids.next("other", byClock ? undefined : conversation.lastMessageId),
    createdAt: byClock ? jumpyMicros() : Math.max(Date.now() * 1000, conversation.lastMessageAt + 1),
    ...{ changeNonce: null, editedAt: null, deletedAt: null, sentDigest: null },
  };
}
/** For a planted bug: a clock that steps back. */
const jumpyMicros = () => Date.now() * 1000 - Math.floor(Math.random() * 50_000);

function repeated(conversation: Conversation, known: Row, draft: Draft): Outcome {
  const isSame = (known.sentDigest ?? digestOf(known.content)) === digestOf(draft.content);
  if (known.conversationId !== conversation.id || !isSame) return failed(fault("NONCE_REUSED"));
  return { status: "fulfilled", value: toMessage(conversation, known) };
}
