import { signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import {
  connect,
  type Change,
  type Client,
  type Entry,
  type RewindError,
  type State,
  type User,
} from "../../sdk/src/index.ts";
import type { Account } from "./account.ts";
import { inBrowser } from "./kept.ts";
import { notify } from "./notices.ts";
import { announce } from "./parts/announcer.tsx";
import { Chats } from "./state/chats.ts";
import { Frames } from "./state/frames.ts";
import { Outgoing } from "./state/outgoing.ts";
import { People } from "./state/people.ts";
import { Reading } from "./state/reading.ts";
import { Timelines } from "./state/timelines.ts";
import { Typing } from "./state/typing.ts";
import { problemOf, words } from "./words/words.ts";

/** Between two tries to get what a server could not give. */
const AGAIN_MS = 3_000;

export type Shown = { peer: User; focusComposer(): void };

/** What one signed-in user sees, all of it derived from what their client tells. */
export class Store {
  readonly client: Client;
  readonly state = signal<State>("connecting");
  readonly people = new People();
  readonly typing = new Typing();
  readonly chats: Chats;
  readonly outgoing: Outgoing;
  readonly timelines: Timelines;
  readonly reading: Reading;
  /** The conversation on the screen. */
  shown: Shown | undefined;

  readonly account: Account;
  readonly #frames = new Frames();
  readonly #ended: (error: RewindError | undefined) => void;
  #error: RewindError | undefined;
  #meeting: Promise<boolean> | undefined;
  /** Chats of which too much was missed. */
  readonly #lost = new Set<string>();

  /** `ended`: by the server's will. */
  constructor(account: Account, ended: (error: RewindError | undefined) => void) {
    const { token, userId } = account;
    this.account = account;
    this.#ended = ended;
    this.client = connect({ url: location.origin, token, storage: outboxStorage(userId) });
    this.chats = new Chats(this.client);
    this.outgoing = new Outgoing(this.client, {
      first: (peerId, message) => this.timelines.takeFirst(peerId, message),
      refused: (error) => notify(words.value.notDone(problemOf(error))),
    });
    this.timelines = new Timelines(this.client, this.chats, this.outgoing);
    this.reading = new Reading(this.client, this.chats);
    this.#listen();
  }

  close(): void {
    this.#frames.stop();
    this.typing.stop();
    this.reading.stop();
    this.client.close();
  }

  #listen(): void {
    const { client } = this;
    const inFrame =
      <T>(job: (payload: T) => void) =>
      (payload: T) =>
        this.#frames.add(() => job(payload));
    client.on("state", (state) => this.#becomes(state));
    client.on("error", (error) => this.#failed(error));
    client.on("reload", ({ chat_id }) => this.#lost.add(chat_id)); // until `ready`, which follows
    client.on(
      "ready",
      inFrame(({ resumed }) => this.#ready(resumed)),
    );
    client.on("outbox", () => {
      this.outgoing.note();
      this.#frames.add(() => this.#showUnsent());
    });
    client.on(
      "change",
      inFrame((change) => this.#take(change)),
    );
    client.on(
      "read",
      inFrame((mark) => this.chats.read(mark)),
    );
    client.on(
      "typing",
      inFrame((word) => this.typing.heard(word)),
    );
    client.on(
      "people",
      inFrame(() => this.#peopleChanged()),
    );
  }

  #becomes(state: State): void {
    this.state.value = state;
    if (state === "closed") this.#ended(this.#error);
  }

  #failed(error: RewindError): void {
    this.#error = error;
    if (error.type === "STORAGE") notify(problemOf(error));
    else this.outgoing.refuseStored(error);
    this.#frames.add(() => this.#showUnsent());
  }

  #ready(resumed: boolean): void {
    this.#peopleChanged();
    void this.#catchUp(resumed);
  }

  async #catchUp(isResumed: boolean): Promise<void> {
    const lost: (string | undefined)[] = isResumed ? [...this.#lost] : [undefined];
    const isLost = (chatId: string) => !isResumed || lost.includes(chatId);
    const wanted = isResumed ? [...this.#lost, ...this.chats.withUnread] : undefined;
    this.#lost.clear();
    if (!(await this.#loadChats(isLost, wanted))) return;
    for (const chatId of lost)
      for (const peerId of this.timelines.outdated(this.shown?.peer.id, chatId))
        this.timelines.loadAnew(peerId);
  }

  #take(change: Change): void {
    if (!this.#place(change)) void this.#meet(change);
  }

  /** Whether it is of a chat that is known. */
  #place(change: Change): boolean {
    const { message } = change;
    const isKnown = this.chats.take(change);
    if (!isKnown) return false;
    this.timelines.take(message);
    const peer = this.chats.find(message.chat_id)?.peer;
    if (!peer || message.user_id !== peer.id) return true;
    this.typing.ended(message.chat_id);
    if (change.type === "send" && !message.deleted) announce(`${peer.name}: ${message.content}`);
    return true;
  }

  /** Somebody began a chat. What was being loaded may be older than that. */
  async #meet(change: Change): Promise<void> {
    await (this.#meeting ??= this.#loadChats());
    this.#meeting = undefined;
    if (!this.#place(change) && (await this.#loadChats())) this.#place(change);
  }

  /** Again until they come; false where the client is closed before that. */
  async #loadChats(...which: Parameters<Chats["load"]>): Promise<boolean> {
    for (;;) {
      try {
        await this.chats.load(...which);
        break;
      } catch (error) {
        if (this.client.state === "closed") return false;
        const { retryAfterMs = AGAIN_MS } = error as RewindError;
        await new Promise((again) => setTimeout(again, retryAfterMs));
      }
    }
    this.timelines.chatsChanged();
    return true;
  }

  #showUnsent(): void {
    this.outgoing.show();
    this.timelines.unsentChanged();
  }

  #peopleChanged(): void {
    this.people.follow(this.client);
    for (const user of this.people.all) this.chats.meet(user);
  }
}

/** Of one user: whoever is signed in sends what is in it. */
function outboxStorage(userId: string) {
  const key = `rewind.outbox.${userId}`;
  return {
    load: () => JSON.parse(inBrowser.get(key) ?? "[]") as Entry[],
    save: (entries: Entry[]) => {
      if (entries.length === 0) inBrowser.remove(key);
      else if (!inBrowser.set(key, JSON.stringify(entries))) throw new Error("there is no room");
    },
  };
}

export const StoreContext = createContext<Store | null>(null);

export function useStore(): Store {
  const store = useContext(StoreContext);
  if (!store) throw new Error("nobody is signed in");
  return store;
}
