import { toHome } from "../route.ts";
import { words } from "../words/words.ts";
import { Icon } from "./icon.tsx";

type Props = {
  icon: "message" | "friends" | "alert";
  title: string;
  hint?: string;
  /** It takes the place of a screen. */
  isPage?: boolean;
  canLeave?: boolean;
};

export const Empty = ({ icon, title, hint, isPage = false, canLeave = false }: Props) => (
  <div class={isPage ? "empty page" : "empty"}>
    <Icon name={icon} size={isPage ? 40 : 28} />
    {isPage ? <h1>{title}</h1> : <p class="empty-title">{title}</p>}
    {hint && <p>{hint}</p>}
    {canLeave && <a href={toHome}>{words.value.backToList}</a>}
  </div>
);
