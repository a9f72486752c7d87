import { signal } from "@preact/signals";
import type { Client, User } from "../../../sdk/src/index.ts";

/** Oneself, one's friends and who asked to be one. */
export class People {
  readonly me = signal<User | null>(null);
  readonly friends = signal<readonly User[]>([]);
  readonly requests = signal<readonly User[]>([]);

  follow({ me, friends, requests }: Client): void {
    this.me.value = me;
    this.friends.value = friends;
    this.requests.value = requests;
  }

  get all(): readonly User[] {
    return [...this.friends.peek(), ...this.requests.peek()];
  }
}
