import { effect } from "@preact/signals";
import { replaceRoute, route, toHome, type Route } from "../route.ts";
import { words } from "../words/words.ts";
import { Icon } from "./icon.tsx";
import { isModified } from "./keys.ts";

let last: Route | undefined;
/** Whether the list is what the browser's own Back leads to. */
let isFromList = false;
effect(() => {
  const { value: now } = route;
  const isSamePlace = last?.screen === "with" && now.screen === "chat"; // which took its place
  if (!isSamePlace) isFromList = last?.screen === "home";
  last = now;
});

/** On a phone, where one sees one pane at a time. No Back of the browser leads to what one has left by it. */
export const Back = () => (
  <a
    class="icon-button back"
    href={toHome}
    aria-label={words.value.backToList}
    onClick={(event) => {
      if (isModified(event)) return;
      event.preventDefault();
      if (isFromList) history.back();
      else replaceRoute(toHome);
    }}
  >
    <Icon name="back" />
  </a>
);
