import {
  appearance,
  chooseAppearance,
  chooseLanguage,
  language,
  type Appearance,
  type Language,
} from "../settings.ts";
import { words } from "../words/words.ts";
import { Choice } from "./choice.tsx";

/** Each language is named in itself. */
const languages: Record<Language, string> = { en: "English", ko: "한국어" };

export const LanguageChoice = () => (
  <Choice label={words.value.language} options={languages} value={language.value} onChange={chooseLanguage} />
);

export function AppearanceChoice() {
  const { appearance: label, system, light, dark } = words.value;
  const options: Record<Appearance, string> = { system, light, dark };
  return <Choice label={label} options={options} value={appearance.value} onChange={chooseAppearance} />;
}
