import { setTimeout as pause } from "node:timers/promises";
import type { Chat, Client, Frame } from "./client.ts";
import { until } from "./cluster.ts";
import { koreanTime, loadFrame } from "./history.ts";
import { connectAs, dm, type Person } from "./people.ts";

const GOING_AWAY = 1001;
const ANSWERED_WITHIN_MS = 30_000;

/** A socket, and the messages it showed without being asked for history. */
export type Life = { client: Client; chats: Chat[] };

export type Talk = {
  me: Person;
  peer: Person;
  /** What each message begins with. */
  topic: string;
  /** The gateways there are, the wanted one first. */
  urls(): string[];
};

/**
 * Someone who says `<topic> 0`, `<topic> 1`, ... to one other, by the clock and not by the answers. When the gateway goes
 * away they connect to another, read the history, and say again what is not in it: all that a client of v1 can do.
 */
export class Talker {
  readonly talk: Talk;
  readonly chatId: string;
  /** Every socket there was, in turn. */
  readonly lives: Life[] = [];
  /** What was answered, or found in the history after a gateway went away. */
  readonly acked = new Map<string, Chat>();
  /** What was not answered when a gateway went away, and yet was in the history. */
  readonly unanswered: Chat[] = [];
  readonly errors: unknown[] = [];
  said = 0;
  readonly #open = new Set<string>();
  #isTalking = false;
  #isLeaving = false;
  #talking: Promise<void> | undefined;
  #move: Promise<void> | undefined;

  private constructor(talk: Talk) {
    this.talk = talk;
    this.chatId = dm(talk.me, talk.peer);
  }

  /** Connects, and says nothing yet. */
  static async connect(talk: Talk): Promise<Talker> {
    const talker = new Talker(talk);
    await talker.#connect();
    return talker;
  }

  begin(everyMs: number): void {
    this.#isTalking = true;
    this.#talking = this.#talkEvery(everyMs);
  }

  /** Says no more; resolves when all that was said is answered. */
  async finish(): Promise<void> {
    this.#isTalking = false;
    await this.#talking;
    const isSettled = async () => {
      await this.#move;
      return this.#open.size === 0 || this.errors.length > 0;
    };
    await until(`an answer to all that ${this.talk.me.name} said`, isSettled, ANSWERED_WITHIN_MS);
  }

  async leave(): Promise<void> {
    this.#isTalking = false;
    this.#isLeaving = true;
    await Promise.all([this.#talking, this.#move]);
    await this.lives.at(-1)?.client.close();
  }

  async #talkEvery(ms: number): Promise<void> {
    await pause(Math.random() * ms); // not all at once
    let due = Date.now();
    while (this.#isTalking) {
      due += ms;
      await this.#move;
      const content = `${this.talk.topic} ${this.said++}`;
      this.#open.add(content);
      this.#say(content);
      await pause(Math.max(0, due - Date.now()));
    }
  }

  /** Into a socket that is closing nothing is said: its end follows, and then what is open is said again. */
  #say(content: string): void {
    const client = this.lives.at(-1)?.client;
    if (client?.isOpen) client.send("chat", { type: "send", chat_id: this.chatId, content });
  }

  async #connect(): Promise<void> {
    const client = await this.#anywhere();
    if (this.lives.length > 0) await this.#catchUp(client);
    const life: Life = { client, chats: [] };
    this.lives.push(life);
    client.listen((frame) => this.#hear(life, frame));
    void this.#outlive(client);
  }

  async #outlive(client: Client): Promise<void> {
    const close = await client.closed;
    if (this.#isLeaving) return;
    if (close.code === GOING_AWAY) this.#move = this.#moveOn();
    else this.errors.push(close);
  }

  async #moveOn(): Promise<void> {
    try {
      await this.#connect();
      for (const content of this.#open) this.#say(content);
    } catch (error) {
      this.errors.push(error);
    }
  }

  async #anywhere(): Promise<Client> {
    for (let tries = 0; ; tries++) {
      const urls = this.talk.urls();
      try {
        return await connectAs(urls[tries % urls.length] ?? "", this.talk.me);
      } catch (error) {
        if (tries === 20) throw error;
        await pause(100);
      }
    }
  }

  async #catchUp(client: Client): Promise<void> {
    client.send("load", loadFrame(this.chatId, koreanTime(60_000), 100));
    client.send("load", { type: "mutual_users" });
    await client.next("mutual_users"); // answered after the history
    const messages = client.drain().flatMap((frame) => (frame.type === "chat" ? [frame.payload] : []));
    this.unanswered.push(...messages.filter(({ content }) => this.#open.has(content)));
    for (const message of messages) this.#know(message);
  }

  #hear({ chats }: Life, frame: Frame): void {
    if (frame.type === "error") this.errors.push(frame);
    if (frame.type !== "chat") return;
    chats.push(frame.payload);
    this.#know(frame.payload);
  }

  #know(message: Chat): void {
    if (message.user_id !== this.talk.me.id) return;
    this.#open.delete(message.content);
    this.acked.set(message.content, message);
  }
}
