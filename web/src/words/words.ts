import { computed } from "@preact/signals";
import { RewindError } from "../../../sdk/src/index.ts";
import { language } from "../settings.ts";
import { en, type Words } from "./en.ts";
import { ko } from "./ko.ts";

const all: Record<"en" | "ko", Words> = { en, ko };

/** In the chosen language; what reads it in a component follows the choice. */
export const words = computed(() => all[language.value]);

const MS = 1_000;

/** What went wrong, for people. */
export function problemOf(error: unknown): string {
  const { problems, tooMany } = words.value;
  if (!(error instanceof RewindError)) return String(error);
  const type = typeOf(error);
  if (ATTEMPTS.has(type) && error.retryAfterMs !== undefined)
    return tooMany(Math.ceil(error.retryAfterMs / MS));
  return problems[type] ?? sentence(error.reason);
}

const ATTEMPTS: ReadonlySet<string> = new Set(["HTTP_429", "THROTTLED"]);

/** Over HTTP the status stands for several things, which the reason tells apart. */
function typeOf({ type, reason }: RewindError): string {
  if (type === "HTTP_400" && reason === "name: already taken.") return "NAME_TAKEN";
  if (type === "HTTP_429" && reason.startsWith("busy")) return "BUSY";
  return type;
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
