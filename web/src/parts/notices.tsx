import { notice } from "../notices.ts";
import { words } from "../words/words.ts";
import { Icon } from "./icon.tsx";

export const Notices = () => (
  <div class="notices" role="alert">
    {notice.value && (
      <div class="notice">
        <span>{notice.value.text}</span>
        <button
          type="button"
          class="icon-button"
          aria-label={words.value.close}
          onClick={() => (notice.value = null)}
        >
          <Icon name="close" />
        </button>
      </div>
    )}
  </div>
);
