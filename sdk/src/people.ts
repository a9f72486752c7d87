import type { FriendList, Relation, User } from "./types.ts";

/** Oneself, one's friends and who asked to be one. The lists are new ones after each change. */
export class People {
  me: User | null = null;
  friends: readonly User[] = [];
  requests: readonly User[] = [];

  signedIn({ user, ...lists }: { user: User } & Pick<FriendList, "friends" | "requests">): void {
    this.me = user;
    this.listed(lists);
  }

  listed({ friends, requests }: Pick<FriendList, "friends" | "requests">): void {
    this.friends = friends;
    this.requests = requests;
  }

  related({ type, user }: Relation): void {
    const [friends, requests] = [without(this.friends, user), without(this.requests, user)];
    if (type === "request") this.requests = [...requests, user];
    else if (type === "response") this.listed({ friends: [...friends, user], requests });
    else if (type === "remove") this.requests = requests;
    else this.friends = friends;
  }

  /** A user as they now are; whether it is one of these. */
  changed(user: User): boolean {
    const isHere = [this.me, ...this.friends, ...this.requests].some((known) => known?.id === user.id);
    if (!isHere) return false;
    if (this.me?.id === user.id) this.me = user;
    this.friends = this.friends.map((known) => (known.id === user.id ? user : known));
    this.requests = this.requests.map((known) => (known.id === user.id ? user : known));
    return true;
  }
}

const without = (users: readonly User[], { id }: User) => users.filter((user) => user.id !== id);
