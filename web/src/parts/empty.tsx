import { Icon } from "./icon.tsx";

type Props = {
  icon: "message" | "friends" | "alert";
  title: string;
  hint?: string;
  /** It takes the place of a screen. */
  isPage?: boolean;
  /** What one may do about it. */
  action?: { href: string; label: string };
};

export const Empty = ({ icon, title, hint, isPage = false, action }: Props) => (
  <div class={isPage ? "empty page" : "empty"}>
    <Icon name={icon} size={isPage ? 40 : 28} />
    {isPage ? <h1>{title}</h1> : <p class="empty-title">{title}</p>}
    {hint && <p>{hint}</p>}
    {action && (
      <a class="button" href={action.href}>
        {action.label}
      </a>
    )}
  </div>
);
