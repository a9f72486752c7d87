import { toHome } from "../route.ts";
import { words } from "../words/words.ts";
import { Icon } from "./icon.tsx";

/** On a phone, where one sees one pane at a time. */
export const Back = () => (
  <a class="icon-button back" href={toHome} aria-label={words.value.backToList}>
    <Icon name="back" />
  </a>
);
