import type { Connection, Frame } from "./connection.ts";
import { CursorBook } from "./cursors.ts";
import { isError, type RewindError } from "./errors.ts";
import { Emitter } from "./events.ts";
import { Link } from "./link.ts";
import { Outbox } from "./outbox.ts";
import { People } from "./people.ts";
import type {
  Change,
  Chat,
  ChatList,
  Cursors,
  Entry,
  Events,
  FriendList,
  Message,
  Options,
  Page,
  ReadMark,
  ReplyTo,
  RequestName,
  RequestOf,
  State,
  Target,
  User,
} from "./types.ts";

/** Others see that one types for 10 s. */
const TYPING_EVERY_MS = 4_000;
/** Of a frame, for what is not cursors. */
const FRAME_REST_BYTES = 256;
const NONCE_BYTES = 16;

type Where = { before?: number; after?: number; count?: number };

/**
 * Somebody's device: connected, and connected again whenever that ends, until `close()`. What it is asked while there is
 * no connection waits for one.
 */
export class Client {
  readonly #events = new Emitter<Events>();
  readonly #people = new People();
  readonly #typed = new Map<string, number>();
  readonly #token: string;
  readonly #outbox: Outbox;
  readonly #link: Link;
  #cursors: CursorBook;
  /** Whether all cursors are known, and there is a past to resume from. */
  #hasBegun: boolean;
  #isResumed = false;

  constructor(options: Options) {
    this.#token = options.token;
    this.#cursors = new CursorBook(options.cursors);
    this.#hasBegun = options.cursors !== undefined;
    const failed = (error: RewindError) => this.#events.emit("error", error);
    this.#outbox = new Outbox(options.storage, {
      changed: () => this.#events.emit("outbox", null),
      failed,
    });
    this.#link = new Link(options, {
      begin: (connection) => this.#begin(connection),
      hear: (frame) => this.#hear(frame),
      online: (connection) => this.#online(connection),
      lost: () => this.#outbox.lost(),
      state: (state) => this.#becomes(state),
      failed,
    });
  }

  get state(): State {
    return this.#link.state;
  }
  /** Null until the server has told. */
  get me(): User | null {
    return this.#people.me;
  }
  get friends(): readonly User[] {
    return this.#people.friends;
  }
  /** Who asked to be a friend. */
  get requests(): readonly User[] {
    return this.#people.requests;
  }
  /** What was asked for and has no answer yet, in order. */
  get outbox(): readonly Entry[] {
    return this.#outbox.entries;
  }
  /** How far each chat was told; to be given to a later client that is to go on from here. */
  get cursors(): Cursors {
    return this.#cursors.all;
  }

  /** Returns what takes the listener off again. */
  on<E extends keyof Events>(event: E, listener: (payload: Events[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /** For good. What has no answer is rejected with CLOSED; what is in the storage stays there, for a later client. */
  close(): void {
    this.#link.close();
  }

  /**
   * Sends, once, however often the connection ends, and after what was asked for before in the same chat. Resolves
   * with the message that was made, after the server has stored it.
   * @throws RewindError when the server refuses it for good, with outcome `not_done`; CLOSED
   */
  send(target: Target, content: string): Promise<Message> {
    const { chat_id, user_id } = target as { chat_id?: string; user_id?: string };
    const place = chat_id === undefined ? { user_id } : { chat_id };
    if (chat_id !== undefined) this.#typed.delete(chat_id); // what is typed from now on is another message
    return this.#outbox.add({ ...newEntry(), type: "send", ...place, content });
  }
  /**
   * Edits a message of one's own, in the same way.
   * @throws RewindError NOT_AUTHOR, MESSAGE_NOT_FOUND and the like; CLOSED
   */
  edit({ chat_id, id }: Pick<Message, "chat_id" | "id">, content: string): Promise<Message> {
    return this.#outbox.add({ ...newEntry(), type: "edit", chat_id, id, content });
  }
  /**
   * Deletes a message, in the same way; its content is `""` from then on.
   * @throws RewindError NOT_AUTHOR, MESSAGE_NOT_FOUND and the like; CLOSED
   */
  remove({ chat_id, id }: Pick<Message, "chat_id" | "id">): Promise<Message> {
    return this.#outbox.add({ ...newEntry(), type: "delete", chat_id, id });
  }

  /**
   * Up to `count` messages (1 to 100, else 50) by rising `sent_seq`: the newest, or those before or after a `sent_seq`.
   * @throws RewindError CONVERSATION_NOT_FOUND and the like; CLOSED
   */
  history(chat_id: string, where: Where = {}): Promise<Page> {
    return this.#ask("load/chat", { chat_id, ...where });
  }
  /** Up to 100 chats by their last message, newest first; `before` is that of the list before. */
  chats(before?: string): Promise<ChatList> {
    return this.#ask("load/chats", { before });
  }
  /** Asks for `friends` and `requests` anew. */
  loadFriends(): Promise<FriendList> {
    return this.#ask("load/friends", {});
  }
  /** One has seen all up to the `sent_seq` of a message; never goes back. */
  read(chat_id: string, seq: number): Promise<ReadMark> {
    return this.#ask("read", { chat_id, seq });
  }
  /** To be called with each key: says it every few seconds, and not at all while there is no connection. */
  typing(chat_id: string): void {
    const now = performance.now();
    if (!this.#link.current || now - (this.#typed.get(chat_id) ?? -Infinity) < TYPING_EVERY_MS) return;
    this.#typed.set(chat_id, now);
    this.#link.current.request("typing", { chat_id }).catch(() => {}); // worth no second try
  }

  /** @throws RewindError USER_NOT_FOUND */
  user(who: { id: string } | { name: string }): Promise<User> {
    return this.#ask("user", who);
  }
  /** The http(s) address of one's picture, or null. */
  setProfile(profile: string | null): Promise<User> {
    return this.#ask("user/profile", { profile });
  }

  /**
   * Asks somebody to be a friend; accepts where they have asked already.
   * @throws RewindError USER_NOT_FOUND, ALREADY_REQUESTED, ALREADY_FRIENDS, ONESELF, FULL; DISCONNECTED, and it may be done
   */
  requestFriend(name: string): Promise<void> {
    return this.#relate("mutual_users/request", name);
  }
  /** @throws RewindError NOT_REQUESTED and the like; DISCONNECTED, and it may be done */
  acceptFriend(name: string): Promise<void> {
    return this.#relate("mutual_users/response", name);
  }
  /**
   * Declines the request of somebody, or withdraws the one made to them.
   * @throws RewindError NOT_REQUESTED and the like; DISCONNECTED, and it may be done
   */
  declineFriend(name: string): Promise<void> {
    return this.#relate("mutual_users/remove", name);
  }
  /** @throws RewindError NOT_FRIENDS and the like; DISCONNECTED, and it may be done */
  endFriendship(name: string): Promise<void> {
    return this.#relate("mutual_users/delete", name);
  }

  /** What was not done, or may be done twice, is asked again where the connection ended before a reply. */
  async #ask<R extends RequestName>(
    name: R,
    payload: RequestOf<R>,
    isRepeatable = true,
  ): Promise<ReplyTo<R>> {
    for (;;) {
      const connection = await this.#link.whenOnline();
      try {
        return await connection.request(name, payload);
      } catch (error) {
        const isAgain = isError(error, "DISCONNECTED") || isError(error, "TOO_FAST");
        if (!isAgain || (!isRepeatable && (error as RewindError).outcome === "unknown")) throw error;
      }
    }
  }

  async #relate(name: Extract<RequestName, `mutual_users/${string}`>, who: string): Promise<void> {
    await this.#ask(name, { name: who }, false);
    await this.loadFriends();
  }

  async #begin(connection: Connection): Promise<void> {
    await connection.own("auth", { auth: this.#token });
    this.#isResumed = this.#hasBegun && this.#fits(connection);
    if (this.#isResumed) await connection.own("sync", { cursors: this.#cursors.all });
    else await this.#beginAnew(connection);
    const { lost } = this.#cursors;
    if (!this.#isResumed || lost.length === 0) return;
    const isLost = ({ chat_id }: Chat) => lost.includes(chat_id);
    await this.#loadChats(connection, (chats) => this.#cursors.begin(chats.filter(isLost)));
  }

  async #beginAnew(connection: Connection): Promise<void> {
    this.#hasBegun = false;
    this.#cursors.loseAll();
    await connection.own("sync", {});
    await this.#loadChats(connection, (chats) => this.#cursors.begin(chats));
    this.#hasBegun = true;
  }

  /** Whether the cursors go into one frame. */
  #fits({ hello }: Connection): boolean {
    const room = (hello?.max_frame_bytes ?? 0) - FRAME_REST_BYTES;
    return JSON.stringify(this.#cursors.all).length <= room;
  }

  async #loadChats(connection: Connection, take: (chats: Chat[]) => void): Promise<void> {
    for (let before: string | undefined; ;) {
      const page = await connection.request("load/chats", { before });
      take(page.chats);
      if (page.before === null) return;
      ({ before } = page);
    }
  }

  #online(connection: Connection): void {
    for (const chat_id of this.#cursors.lost) {
      this.#cursors.found(chat_id);
      if (this.#isResumed) this.#events.emit("reload", { chat_id }); // else `ready` says it of all
    }
    this.#events.emit("ready", { resumed: this.#isResumed });
    this.#outbox.open((entry) => say(connection, entry));
  }

  #becomes(state: State): void {
    if (state === "closed") this.#outbox.close();
    this.#events.emit("state", state);
  }

  #hear(frame: Frame): void {
    switch (frame.type) {
      case "chat":
        return this.#take(frame.payload);
      case "sync":
        return this.#cursors.lose(frame.payload.reload);
      case "load":
        return this.#loaded(frame.payload);
      case "read":
        return this.#events.emit("read", frame.payload);
      case "typing":
        return this.#events.emit("typing", frame.payload);
      default:
        if (this.#isOfPeople(frame)) this.#events.emit("people", null);
    }
  }

  /** Takes what it says of people; whether it does. */
  #isOfPeople(frame: Frame): boolean {
    if (frame.type === "user") return this.#people.changed(frame.payload);
    if (frame.type === "auth") this.#people.signedIn(frame.payload);
    else if (frame.type === "mutual_users") this.#people.related(frame.payload);
    else return false;
    return true;
  }

  #loaded(payload: Page | ChatList | FriendList): void {
    if (payload.type === "chat") for (const message of payload.messages) this.#outbox.heard(message);
    else if (payload.type === "chats") this.#outbox.met(payload.chats);
    else {
      this.#people.listed(payload);
      this.#events.emit("people", null);
    }
  }

  #take({ type, message }: Change): void {
    const change: Change = { type: message.deleted ? "delete" : type, message };
    this.#outbox.heard(message);
    if (this.#cursors.take(change)) this.#events.emit("change", change);
  }
}

const newEntry = () => ({ nonce: newNonce(), at: Date.now(), tries: 0 });
/** `crypto.randomUUID` is not there on pages without TLS. */
const newNonce = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

function say(connection: Connection, entry: Entry): Promise<Change> {
  const { nonce, chat_id } = entry;
  if (entry.type === "send") {
    const { user_id, content } = entry;
    return connection.request("chat/send", { chat_id, user_id, content, nonce });
  }
  const { id } = entry;
  if (entry.type === "edit")
    return connection.request("chat/edit", { chat_id: entry.chat_id, id, content: entry.content, nonce });
  return connection.request("chat/delete", { chat_id: entry.chat_id, id, nonce });
}
