/** `npm run migrate`: brings every service's schema up to date. The passwords are MYSQL_<SERVICE>_PASSWORD. */
import { config } from "../services/common/config.ts";
import { SERVICES } from "./cluster/plan.ts";
import { migrate } from "./cluster/schemas.ts";

const passwordOf = (service: string) => process.env[`MYSQL_${service.toUpperCase()}_PASSWORD`];

await migrate(config, Object.fromEntries(SERVICES.map((service) => [service, passwordOf(service)])));
process.stderr.write(`migrated ${SERVICES.join(", ")}\n`);
