import type { Knex } from "knex";
import { batcher } from "../common/batcher.ts";
import { isDuplicate, type Store } from "../common/db.ts";
import { fault, isFault } from "../common/errors.ts";
import { planted } from "../common/failpoints.ts";
import type { Ids } from "../common/ids.ts";
import { digestOf } from "../common/nonces.ts";
import type { Message } from "./chat.contract.ts";
import { toMessage, type Conversation, type Row } from "./chat.repository.ts";

export type Draft = { content: string; nonce: string };
/** Messages of one author to one conversation. */
export type Run = { conversationId: string; authorId: string; drafts: Draft[] };
/** Of each draft: its message, or NONCE_REUSED where its author used the nonce for anything else. */
export type Appended = PromiseSettledResult<Message>[];
/** `early`: for planted bugs alone, told of messages that are written and not yet committed. */
type Item = Run & { early?: (appended: Appended) => void };
type Outcome = PromiseSettledResult<Appended>;
type Lock = Store["lockFree"];
const waiting: Lock = (query) => query.forUpdate();

/** Messages committed together, and waiting to be. */
const LIMITS = [128, 4_096, ({ drafts }: Item) => drafts.length] as const;
const SKIPPED = { status: "fulfilled", value: undefined } as const;

export type AppendingRepository = ReturnType<typeof appendingRepository>;

/**
 * Appends messages to conversations that exist. Those that arrive together are committed together: one transaction and
 * one flush for all, whatever their conversations and authors.
 */
export function appendingRepository({ knex, decided, lockFree }: Store, ids: Ids) {
  const together = async (items: Item[], lock: Lock): Promise<(Outcome | undefined)[]> => {
    const asked = items.flatMap(({ authorId, drafts }) => drafts.map(({ nonce }) => ({ authorId, nonce })));
    try {
      const reads = [lock(conversationsOf(knex, items)), sentBefore(knex, asked), revisedBefore(knex, asked)];
      const decide = (rows: unknown[][]) => write(knex, items, rows as Found, ids);
      return await decided(reads, decide, "chat.before-commit");
    } catch (error) {
      return asked.length > 1 && concernsOne(error) ? apart(items, lock) : items.map(() => failed(error));
    }
  };

  /** Where something spoiled all of it: each by itself, to find out what. */
  const apart = async ([first, ...others]: Item[], lock: Lock): Promise<(Outcome | undefined)[]> => {
    if (!first) return [];
    if (others.length === 0) return [await draftByDraft(first, lock)];
    return [...(await together([first], lock)), ...(await apart(others, lock))];
  };
  /**
   * Ends at the first that is not done for another reason than its nonce: none may overtake it. Said again, those that are
   * done are known by their nonces.
   */
  const draftByDraft = async (item: Item, lock: Lock): Promise<Outcome | undefined> => {
    const appended: Appended = [];
    for (const draft of item.drafts) {
      const [outcome] = await together([{ ...item, drafts: [draft] }], lock);
      if (!outcome) return appended.some(isDone) ? refused(fault("UNKNOWN")) : undefined;
      if (outcome.status === "fulfilled") appended.push(...outcome.value);
      else if (isFault(outcome.reason, "NONCE_REUSED")) appended.push(outcome);
      else return appended.some(isDone) ? refused(fault("UNKNOWN")) : outcome;
    }
    return { status: "fulfilled", value: appended };
  };

  /** Waits for conversations in which another process writes, and with it those that arrive meanwhile. */
  const later = batcher<Item, Appended>(
    async (items) =>
      (await together(items, waiting)).map((it) => it ?? failed(fault("CONVERSATION_NOT_FOUND"))),
    ...LIMITS,
  );
  /** Never waits for another process: one that was frozen holds up its own conversations alone. */
  const now = batcher<Item, Appended | undefined>(
    async (items) => (await together(items, lockFree)).map((it) => it ?? SKIPPED),
    ...LIMITS,
  );
  const add = async (item: Item): Promise<Appended> => (await now(item)) ?? later(item);

  return {
    /**
     * After this resolves the messages are on disk, one after the other; where it rejects none is, or it is not known. The
     * same author and nonce append once, for good: said again, the message as it now stands is the answer.
     */
    append(run: Run, tellEarly: (appended: Appended) => void): Promise<Appended> {
      if (!planted("chat.ack-before-commit")) return add({ ...run, early: tellEarly });
      const { promise, resolve } = Promise.withResolvers<Appended>();
      return Promise.race([promise, add({ ...run, early: resolve })]);
    },
  };
}

/** Whether one draft may have spoiled a batch of which nothing was committed. */
const concernsOne = (error: unknown) => !isFault(error, "UNKNOWN") && !isFault(error, "UNAVAILABLE");
const isDone = ({ status }: Appended[number]) => status === "fulfilled";
const refused = (reason: unknown): PromiseRejectedResult => ({ status: "rejected", reason });
/** A nonce that another process took for another conversation at the same moment is in use. */
const failed = (error: unknown) => refused(isDuplicate(error) ? fault("NONCE_REUSED") : error);

type By = { authorId: string; nonce: string };
type Found = [Conversation[], Row[], { userId: string; nonce: string }[]];
const keyOf = ({ authorId, nonce }: By) => `${authorId} ${nonce}`;

/** Locked by rising id, until the transaction ends: what happens in a conversation happens one after the other. */
const conversationsOf = (knex: Knex, items: Run[]) =>
  knex("conversations")
    .whereIn("id", [...new Set(items.map(({ conversationId }) => conversationId))])
    .orderBy("id");

/** What the nonces were used for before: messages, and changes of messages. */
const sentBefore = (knex: Knex, asked: By[]) =>
  knex("messages").where((any) => {
    for (const { authorId, nonce } of asked) any.orWhere({ authorId, nonce });
  });
const revisedBefore = (knex: Knex, asked: By[]) =>
  knex("nonces")
    .where((any) => {
      for (const { authorId: userId, nonce } of asked) any.orWhere({ userId, nonce });
    })
    .select("userId", "nonce");

/** What is to be written, and the outcome of each item; undefined: its conversation was not there to lock. */
function write(knex: Knex, items: Item[], [locked, sent, revised]: Found, ids: Ids) {
  const conversations = new Map(locked.map((row) => [row.id, row]));
  const known = new Map(sent.map((row) => [keyOf(row), row]));
  const revisions = new Set(revised.map(({ userId, nonce }) => keyOf({ authorId: userId, nonce })));
  const fresh: Row[] = [];
  const moved = new Set<Conversation>();
  const append = (conversation: Conversation, authorId: string, draft: Draft): Appended[number] => {
    const key = keyOf({ authorId, nonce: draft.nonce });
    if (revisions.has(key)) return failed(fault("NONCE_REUSED"));
    const forgets = planted("chat.forget-nonce");
    const before = forgets ? undefined : known.get(key);
    if (before) return repeated(conversation, before, draft);
    const nonce = forgets ? ids.next("other") : draft.nonce;
    const row = next(conversation, authorId, { ...draft, nonce }, ids);
    Object.assign(conversation, { lastSeq: row.seq, lastMessageId: row.id, lastMessageAt: row.createdAt });
    moved.add(conversation);
    fresh.push(row);
    known.set(key, row);
    return { status: "fulfilled", value: toMessage(conversation, row) };
  };
  const outcomes = items.map(({ conversationId, authorId, drafts, early }): Outcome | undefined => {
    const conversation = conversations.get(conversationId);
    if (!conversation) return undefined;
    const value = drafts.map((draft) => append(conversation, authorId, draft));
    early?.(value);
    return { status: "fulfilled", value };
  });
  const writes = fresh.length === 0 ? [] : [knex("messages").insert(fresh), advance(knex, [...moved])];
  return { writes, result: outcomes };
}

/** The rows are locked: what they are set to is what the database had, and one more for each message. */
const advance = (knex: Knex, moved: Conversation[]) =>
  knex("conversations").insert(moved).onConflict("id").merge(["lastSeq", "lastMessageId", "lastMessageAt"]);

function next(conversation: Conversation, authorId: string, { content, nonce }: Draft, ids: Ids): Row {
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

function repeated(conversation: Conversation, known: Row, draft: Draft): Appended[number] {
  const isSame = (known.sentDigest ?? digestOf(known.content)) === digestOf(draft.content);
  if (known.conversationId !== conversation.id || !isSame) return failed(fault("NONCE_REUSED"));
  return { status: "fulfilled", value: toMessage(conversation, known) };
}
