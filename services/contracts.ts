import { auth } from "./auth/auth.contract.ts";
import { chat } from "./chat/chat.contract.ts";
import { friends } from "./friends/friends.contract.ts";
import { mailer } from "./mailer/mailer.contract.ts";
import { users } from "./users/users.contract.ts";

export const contracts = { auth, chat, friends, mailer, users } as const;
