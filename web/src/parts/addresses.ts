/** As far as nothing comes that ends an address in the text around it, nor what cannot be seen. */
const ADDRESS = /https?:\/\/[^\s<>"'「」『』《》〈〉【】（）。，、！？；：…“”‘’\p{Cf}]+/giu;
/** A host in ASCII, and behind it a letter of another script: there the text goes on, as Korean does without a space. */
const HOST =
  /^(https?:\/\/(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*?(\.[a-z]{2,})?\.?)(:\d+)?)(?=\p{L})(?!\p{Script=Latin})/iu;
const AUTHORITY = /^https?:\/\/[^/?#]*/i;
const PUNCTUATION = ".,:;!?";
const PAIRS: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/** A text in parts, which together are the text: every second one, from the second on, is an http(s) address. */
export function splitAtAddresses(text: string): string[] {
  const parts: string[] = [];
  let end = 0;
  for (const { 0: match, index } of text.matchAll(ADDRESS)) {
    const address = withoutEnd(withoutText(match));
    if (!URL.canParse(address)) continue;
    parts.push(text.slice(end, index), address);
    end = index + address.length;
  }
  return [...parts, text.slice(end)];
}

function withoutText(address: string): string {
  const [all, host = address, domain, port] = HOST.exec(address) ?? [];
  if (all === undefined) return address;
  const isWhole = domain !== undefined || port !== undefined;
  const rest = AUTHORITY.exec(address)?.[0].slice(host.length) ?? "";
  // Without either it may be a name in two scripts, if it goes on as names do.
  return isWhole || !rest.includes(".") ? host : address;
}

/** Punctuation is of the sentence; so is a bracket that was opened before the address. */
function withoutEnd(address: string): string {
  let end = address.length;
  for (; end > 0; end -= 1) {
    const last = address.charAt(end - 1);
    const opening = PAIRS[last];
    const isOwn = opening !== undefined && isOpen(address.slice(0, end), opening, last);
    if (isOwn || (opening === undefined && !PUNCTUATION.includes(last))) break;
  }
  return address.slice(0, end);
}

const isOpen = (address: string, opening: string, closing: string) =>
  address.split(opening).length >= address.split(closing).length;
