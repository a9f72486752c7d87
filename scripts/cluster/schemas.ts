import type { Config } from "../../services/common/config.ts";
import { grantSchema, openStore } from "../../services/common/db.ts";
import { SERVICES } from "./plan.ts";

/**
 * Brings every service's schema up to date. With the URL of an administrator it makes the schemas first and, for each
 * password, a database user with rights on that service's schema alone.
 */
export async function migrate(config: Config, passwords: Record<string, string | undefined>): Promise<void> {
  for (const service of SERVICES) {
    const password = passwords[service];
    if (config.mysqlUrl !== undefined && password !== undefined)
      await grantSchema(config.mysqlUrl, service, password, config);
    await (await openStore(service, config)).close();
  }
}
