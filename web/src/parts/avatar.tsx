import { memo } from "preact/compat";
import { useState } from "preact/hooks";
import type { User } from "../../../sdk/src/index.ts";

/** Colours that white letters can be read on; see `--hue-*` in the style. */
const HUES = 8;

const hueOf = (id: string) =>
  [...id].reduce((sum, digit) => (sum * 31 + digit.charCodeAt(0)) % 9_973, 7) % HUES;

/** The first letters of the first and the last word. */
function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u);
  const letters = (words.length > 1 ? [words[0], words.at(-1)] : [words[0]]).map((word) =>
    firstOf(word ?? ""),
  );
  return letters.join("").toUpperCase();
}

const segmenter = new Intl.Segmenter();
const firstOf = (word: string) => segmenter.segment(word)[Symbol.iterator]().next().value?.segment ?? "";

const isWebAddress = (url: string) => /^https?:\/\//i.test(url) && URL.canParse(url);

type Props = { user: User; size?: "small" | "large" };

/** A picture, or initials where there is none, or it does not come. */
export const Avatar = memo(({ user, size = "small" }: Props) => {
  const [broken, setBroken] = useState<string | null>(null);
  const { id, name, profile } = user;
  const isShown = profile !== null && profile !== broken && isWebAddress(profile);
  return (
    <span class={`avatar ${size} hue-${hueOf(id)}`} aria-hidden="true">
      {isShown ? (
        <img
          src={profile}
          alt=""
          loading="lazy"
          referrerpolicy="no-referrer"
          onError={() => setBroken(profile)}
        />
      ) : (
        initialsOf(name)
      )}
    </span>
  );
});
