import { connect, login, RewindError } from "../sdk/src/index.ts"; // elsewhere: from "@rewind/client"

/**
 * Says again what it is told, and takes everybody for a friend.
 * URL=http://localhost:3000 EMAIL=bot@example.org PASSWORD=correct-horse npx node examples/bot.ts
 */
const { URL: url = "http://localhost:3000", EMAIL: email = "", PASSWORD: password = "" } = process.env;
const HELP = "Say anything, and I say it again. `help` shows this.";

const { token } = await login({ url, email, password });
const bot = connect({ url, token });

const answerTo = (text: string) => (text.trim().toLowerCase() === "help" ? HELP : text);
const report = (error: unknown) => {
  process.stderr.write(`${error instanceof RewindError ? error.message : String(error)}\n`);
};

bot.on("change", ({ type, message }) => {
  if (type !== "send" || message.user_id === bot.me?.id) return;
  bot.send({ chat_id: message.chat_id }, answerTo(message.content)).catch(report);
});
bot.on("people", () => {
  for (const { name } of bot.requests) bot.acceptFriend(name).catch(report);
});
bot.on("state", (state) => process.stdout.write(`${state}\n`));
bot.on("error", report);
process.once("SIGINT", () => bot.close());
