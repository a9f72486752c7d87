/** What was written and not sent, by the peer; kept while the tab is. */
const keyOf = (peerId: string) => `rewind.draft.${peerId}`;

export const draftTo = (peerId: string): string => sessionStorage.getItem(keyOf(peerId)) ?? "";

export function keepDraft(peerId: string, text: string): void {
  if (text === "") sessionStorage.removeItem(keyOf(peerId));
  else sessionStorage.setItem(keyOf(peerId), text);
}
