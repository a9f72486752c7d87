import {
  connect,
  type Change,
  type Client,
  type Entry,
  type Message,
  type Options,
} from "../../sdk/src/index.ts";
import type { Person } from "../support/people.ts";
import { atEnd } from "../support/server.ts";

/** A client of a person, closed when the tests of the file have ended. */
export const clientOf = (url: string, { token }: { token: string }, more: Partial<Options> = {}): Client => {
  const client = connect({ url, token, ...more });
  atEnd(() => client.close());
  return client;
};

/** The next of an event, or the next that fits. */
export const next = <E extends Parameters<Client["on"]>[0]>(
  client: Client,
  event: E,
  fits: (payload: never) => boolean = () => true,
): Promise<unknown> =>
  new Promise((resolve) => {
    const off = client.on(event, (payload) => {
      if (!fits(payload as never)) return;
      off();
      resolve(payload);
    });
  });

export const ready = async (client: Client): Promise<Client> => {
  if (client.state !== "online") await next(client, "ready");
  return client;
};
export const onlineAs = (url: string, person: Person, more?: Partial<Options>): Promise<Client> =>
  ready(clientOf(url, person, more));

/** All changes that a client is told of from now on. */
export const changesOf = (client: Client): Change[] => {
  const changes: Change[] = [];
  client.on("change", (change) => changes.push(change));
  return changes;
};

/** As localStorage is: text, and at once. */
export class MemoryStorage {
  #text = "[]";
  load(): Entry[] {
    return JSON.parse(this.#text) as Entry[];
  }
  save(entries: Entry[]): void {
    this.#text = JSON.stringify(entries);
  }
}

/** Every message of a chat, by rising `sent_seq`. */
export const historyOf = async (client: Client, chat_id: string): Promise<Message[]> => {
  const all: Message[] = [];
  for (let before: number | undefined; ;) {
    const page = await client.history(chat_id, { before, count: 100 });
    all.unshift(...page.messages);
    if (page.before === null) return all;
    ({ before } = page);
  }
};
