import type { Person } from "../support/people.ts";
import { online, type Device, type Message } from "./device.ts";

/** Who talks whatever happens to the socket: what was not answered on one is said again on the next, with its nonce. */
export class Speaker {
  /** How many sockets ended under it. */
  moves = 0;
  #device: Promise<Device>;
  #said = 0;
  readonly #url: string;
  readonly #person: Person;

  constructor(url: string, person: Person) {
    this.#url = url;
    this.#person = person;
    this.#device = online(url, person);
  }

  tell = (user_id: string, content: string): Promise<Message> =>
    this.#do((device, nonce) => device.tell(user_id, content, nonce));
  say = (chat_id: string, content: string): Promise<Message> =>
    this.#do((device, nonce) => device.say(chat_id, content, nonce));
  edit = (message: Message, content: string): Promise<Message> =>
    this.#do((device, nonce) => device.edit(message, content, nonce));
  remove = (message: Message): Promise<Message> => this.#do((device, nonce) => device.remove(message, nonce));

  async #do(write: (device: Device, nonce: string) => Promise<Message>): Promise<Message> {
    const nonce = `said ${(this.#said += 1)}`;
    for (;;) {
      const current = this.#device;
      const device = await current;
      try {
        return await write(device, nonce);
      } catch (error) {
        if (device.isOpen) throw error;
        if (this.#device === current) this.#move();
      }
    }
  }

  #move(): void {
    this.moves += 1;
    this.#device = online(this.#url, this.#person);
  }
}
