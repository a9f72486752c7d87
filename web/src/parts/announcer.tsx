import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { words } from "../words/words.ts";

/** What comes within this time is told together. */
const GATHERING_MS = 200;
/** More than so many are counted, not read out. */
const FEW = 3;
const SHORT = 200;
/** By then it was read out, or waits in the queue of what reads. */
const KEPT_MS = 10_000;

type Told = { id: number; text: string };

const told = signal<readonly Told[]>([]);
let waiting: string[] = [];
let ids = 0;
let gathering: ReturnType<typeof setTimeout> | undefined;
let clearing: ReturnType<typeof setTimeout> | undefined;

/** Has a screen reader say it, once. */
export function announce(text: string): void {
  waiting.push(text.slice(0, SHORT));
  gathering ??= setTimeout(tell, GATHERING_MS);
}

function tell(): void {
  gathering = undefined;
  const texts = waiting.length > FEW ? [words.peek().newMessagesCount(waiting.length)] : waiting;
  waiting = [];
  told.value = [...told.peek(), ...texts.map((text) => ({ id: (ids += 1), text }))];
  clearTimeout(clearing);
  clearing = setTimeout(() => (told.value = []), KEPT_MS);
}

function forget(): void {
  clearTimeout(gathering);
  clearTimeout(clearing);
  gathering = undefined;
  waiting = [];
  told.value = [];
}

/** The list of messages cannot be the live region: its rows come and go as one scrolls. */
export function Announcer() {
  useEffect(() => forget, []);
  return (
    <div class="unseen announcer" aria-live="polite" aria-relevant="additions">
      {told.value.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
}
