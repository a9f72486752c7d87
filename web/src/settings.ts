import { effect, signal } from "@preact/signals";
import { inBrowser } from "./kept.ts";

export type Language = "en" | "ko";
export type Appearance = "system" | "light" | "dark";

const kept = <T extends string>(key: string, values: readonly T[], otherwise: T): T =>
  values.find((value) => value === inBrowser.get(key)) ?? otherwise;

export const language = signal<Language>(
  kept("rewind.language", ["en", "ko"], navigator.language.startsWith("ko") ? "ko" : "en"),
);
export const appearance = signal<Appearance>(kept("rewind.appearance", ["light", "dark"], "system"));

/** The document is what the settings say, and what was chosen is kept. */
export function applySettings(): void {
  const root = document.documentElement;
  effect(() => {
    root.lang = language.value;
  });
  effect(() => {
    root.dataset["appearance"] = appearance.value;
  });
}

export function chooseLanguage(chosen: Language): void {
  inBrowser.set("rewind.language", chosen);
  language.value = chosen;
}
export function chooseAppearance(chosen: Appearance): void {
  inBrowser.set("rewind.appearance", chosen);
  appearance.value = chosen;
}
