import { computed, signal } from "@preact/signals";

export type Route =
  | { screen: "home" }
  | { screen: "friends" }
  | { screen: "chat"; chatId: string }
  /** A conversation with somebody, whether there is one yet or not. */
  | { screen: "with"; userId: string };

const hash = signal(location.hash);
addEventListener("hashchange", () => {
  hash.value = location.hash;
});

export const route = computed((): Route => {
  const [, screen, id = ""] = hash.value.split("/");
  if (screen === "friends") return { screen };
  if (screen === "chat" && id) return { screen, chatId: id };
  if (screen === "with" && id) return { screen, userId: id };
  return { screen: "home" };
});

export const toHome = "#/";
export const toFriends = "#/friends";
export const toChat = (chatId: string) => `#/chat/${chatId}`;
export const toPerson = (userId: string) => `#/with/${userId}`;

/** At once: what is pressed next is meant for what is shown then. */
export function go(to: string): void {
  location.hash = to;
  hash.value = to;
}
/** Without leaving the place where one is in the history. */
export function replaceRoute(to: string): void {
  history.replaceState(null, "", to);
  hash.value = to;
}
