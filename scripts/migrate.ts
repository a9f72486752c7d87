/**
 * `npm run migrate`: brings every service's schema up to date. With MYSQL_URL, that of an administrator, it makes the
 * schemas first and, for each MYSQL_<SERVICE>_PASSWORD, a database user with rights on that service's schema alone.
 */
import { config } from "../services/common/config.ts";
import { grantSchema, openStore } from "../services/common/db.ts";

const SERVICES = ["auth", "mailer", "users", "friends", "chat"];

for (const service of SERVICES) {
  const password = process.env[`MYSQL_${service.toUpperCase()}_PASSWORD`];
  if (config.mysqlUrl !== undefined && password !== undefined)
    await grantSchema(config.mysqlUrl, service, password, config);
  await (await openStore(service, config)).close();
  console.error(`migrated ${service}`);
}
