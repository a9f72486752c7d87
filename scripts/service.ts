/** `npm run service -- chat`: runs one service, or the gateway, as this process, by Moleculer's own runner. */
import { existsSync } from "node:fs";

const [name = "", ...rest] = process.argv.slice(2);
const file = name === "gateway" ? "gateway/gateway.service.ts" : `services/${name}/${name}.service.ts`;
if (!/^\w+$/.test(name) || !existsSync(file)) {
  console.error("npm run service -- gateway|auth|mailer|users|friends|chat");
  process.exit(1);
}
process.argv = [...process.argv.slice(0, 2), "--config", "moleculer.config.ts", ...rest, file];
await import(new URL("../node_modules/moleculer/bin/moleculer-runner.mjs", import.meta.url).href);
