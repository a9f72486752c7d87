import { computed, signal } from "@preact/signals";
import { language } from "../settings.ts";
import { words } from "./words.ts";

const DAY_MS = 86_400_000;
const WEEK = 7;

/** The chosen language as it is written where one is, as far as the browser says. */
const locale = computed(
  () => navigator.languages.find((it) => it.startsWith(language.value)) ?? language.value,
);

const formats = computed(() => {
  const of = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale.value, options);
  return {
    time: of({ hour: "numeric", minute: "2-digit" }),
    weekday: of({ weekday: "short" }),
    date: of({ month: "short", day: "numeric" }),
    dateOfYear: of({ year: "numeric", month: "short", day: "numeric" }),
    day: of({ weekday: "long", month: "long", day: "numeric" }),
    dayOfYear: of({ weekday: "long", year: "numeric", month: "long", day: "numeric" }),
    full: of({ dateStyle: "full", timeStyle: "short" }),
  };
});

const midnight = (at: number) => new Date(at).setHours(0, 0, 0, 0);
const nextMidnight = () => new Date(today.peek()).setHours(24, 0, 0, 0);

/** When it began. A timer may be late where the machine has slept: hence also when one comes back. */
const today = signal(midnight(Date.now()));
let timer: ReturnType<typeof setTimeout> | undefined;
function look(): void {
  today.value = midnight(Date.now());
  clearTimeout(timer);
  timer = setTimeout(look, nextMidnight() - Date.now());
}
look();
addEventListener("focus", look);
document.addEventListener("visibilitychange", look);

const daysAgo = (at: number) => Math.round((today.value - midnight(at)) / DAY_MS);
const isThisYear = (at: number) => new Date(at).getFullYear() === new Date(today.value).getFullYear();

export const isSameDay = (a: number, b: number) => midnight(a) === midnight(b);
export const timeOf = (at: number) => formats.value.time.format(at);
export const fullTimeOf = (at: number) => formats.value.full.format(at);

/** As short as it can be said, for a list. */
export function momentOf(at: number): string {
  const { time, weekday, date, dateOfYear } = formats.value;
  const ago = daysAgo(at);
  if (ago <= 0) return time.format(at);
  if (ago === 1) return words.value.yesterday;
  if (ago < WEEK) return weekday.format(at);
  return (isThisYear(at) ? date : dateOfYear).format(at);
}

export function dayOf(at: number): string {
  const ago = daysAgo(at);
  if (ago === 0) return words.value.today;
  if (ago === 1) return words.value.yesterday;
  return (isThisYear(at) ? formats.value.day : formats.value.dayOfYear).format(at);
}
