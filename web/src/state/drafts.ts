import { inTab } from "../kept.ts";

/** What was written and not sent, by the peer; kept while the tab is. */
const keyOf = (peerId: string) => `rewind.draft.${peerId}`;

export const draftTo = (peerId: string): string => inTab.get(keyOf(peerId)) ?? "";

export function keepDraft(peerId: string, text: string): void {
  if (text === "") inTab.remove(keyOf(peerId));
  else inTab.set(keyOf(peerId), text);
}
