import { effect, signal } from "@preact/signals";

export type Language = "en" | "ko";
export type Appearance = "system" | "light" | "dark";

const kept = <T extends string>(key: string, values: readonly T[], otherwise: T): T =>
  values.find((value) => value === localStorage.getItem(key)) ?? otherwise;

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
  localStorage.setItem("rewind.language", chosen);
  language.value = chosen;
}
export function chooseAppearance(chosen: Appearance): void {
  localStorage.setItem("rewind.appearance", chosen);
  appearance.value = chosen;
}
