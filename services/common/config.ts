import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import proxyaddr from "proxy-addr";

/**
 * The environment, parsed once. A variable that is set and malformed stops the process with a sentence that
 * names it; nothing else in the project reads `process.env`.
 */
export type Config = ReturnType<typeof parseConfig>;
type Env = Record<string, string | undefined>;

class ConfigError extends Error {}

const refuse = (name: string, want: string): never => {
  throw new ConfigError(`${name}: ${want}`);
};

const text = (env: Env, name: string) => env[name]?.trim() || undefined;

const integer = (env: Env, name: string, fallback: number, min: number, max: number) => {
  const given = text(env, name);
  if (given === undefined) return fallback;
  const value = Number(given);
  const fits = /^\d+$/.test(given) && value >= min && value <= max;
  return fits ? value : refuse(name, `a whole number from ${min} to ${max} is needed, not "${given}"`);
};

const choice = <const C extends string>(env: Env, name: string, choices: readonly C[], fallback: C): C => {
  const given = text(env, name);
  if (given === undefined) return fallback;
  return (
    choices.find((c) => c === given) ?? refuse(name, `one of ${choices.join(", ")} is needed, not "${given}"`)
  );
};

const list = (env: Env, name: string) =>
  (text(env, name) ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean);

const url = (env: Env, name: string, protocols: readonly string[]) => {
  const given = text(env, name);
  if (given === undefined) return undefined;
  const parsed = URL.canParse(given) ? new URL(given) : undefined;
  const isWhole =
    parsed && parsed.hostname !== "" && given.startsWith(`${parsed.protocol}//`) && !/\s/.test(given);
  // The value is not repeated: it may carry a password.
  if (!isWhole || !protocols.includes(parsed.protocol))
    return refuse(name, `a URL that begins with ${protocols.map((p) => `${p}//`).join(" or ")} is needed`);
  return given;
};

const jwtSecret = (env: Env) => {
  const given = text(env, "JWT_SECRET");
  if (given === undefined) return undefined;
  const weak = given.length < 32 || new Set(given).size < 10;
  return weak
    ? refuse("JWT_SECRET", "at least 32 random characters are needed; try: openssl rand -base64 48")
    : given;
};

const publicUrl = (env: Env, fallback: string) => {
  const given = url(env, "PUBLIC_URL", ["http:", "https:"]) ?? fallback;
  const { search, hash, username } = new URL(given);
  return search + hash + username === ""
    ? given.replace(/\/+$/, "")
    : refuse("PUBLIC_URL", "a URL without a user, ? and # is needed");
};

const mailFrom = (env: Env) => {
  const given = text(env, "MAIL_FROM") ?? "REWIND <no-reply@localhost>";
  return /^[^\r\n@]*[^\s<>@]+@[^\s<>@]+>?$/.test(given)
    ? given
    : refuse("MAIL_FROM", "an address such as REWIND <no-reply@example.org> is needed");
};

const proxies = (env: Env) => {
  const given = list(env, "TRUST_PROXY");
  try {
    proxyaddr.compile(given);
    return given;
  } catch {
    return refuse("TRUST_PROXY", "addresses, subnets or loopback, linklocal, uniquelocal are needed");
  }
};

const origins = (env: Env) =>
  list(env, "ALLOWED_ORIGINS").map((origin) =>
    origin === "*" || (URL.canParse(origin) && new URL(origin).origin === origin)
      ? origin
      : refuse("ALLOWED_ORIGINS", `"${origin}" is not an origin such as https://chat.example.org, nor *`),
  );

const domains = (env: Env) =>
  list(env, "ALLOWED_EMAIL_DOMAINS").map((domain) =>
    /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(domain)
      ? domain.toLowerCase()
      : refuse("ALLOWED_EMAIL_DOMAINS", `"${domain}" is not a domain such as example.org`),
  );

const prefix = (env: Env) => {
  const given = text(env, "MYSQL_PREFIX") ?? "rewind_";
  return /^\w{1,32}$/.test(given) ? given : refuse("MYSQL_PREFIX", "letters, digits and _ are needed");
};

const hashCost = (env: Env, production: boolean) => integer(env, "BCRYPT_COST", 12, production ? 10 : 4, 16);

/** Whether the bus, if there is one, is this machine's own. */
const isHere = (natsUrl: string | undefined) =>
  natsUrl === undefined || /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(natsUrl).hostname);

const host = (env: Env) => text(env, "HOST") ?? "127.0.0.1";

/** @throws ConfigError naming the first malformed variable */
export function parseConfig(env: Env) {
  const production = env["NODE_ENV"] === "production";
  const port = integer(env, "PORT", 3000, 1, 65_535);
  const listenOn = host(env);
  const natsUrl = url(env, "NATS_URL", ["nats:", "tls:"]);
  const smtpUrl = url(env, "SMTP_URL", ["smtp:", "smtps:"]);
  const publicHost = listenOn === "0.0.0.0" || listenOn === "::" ? "127.0.0.1" : listenOn;
  return {
    production,
    port,
    host: listenOn,
    natsUrl,
    /** Without a path: each service uses the schema `mysqlPrefix` + its name. */
    mysqlUrl: url(env, "MYSQL_URL", ["mysql:"]),
    mysqlPrefix: prefix(env),
    /** Name of this process on the bus; made up where not given. */
    nodeId: text(env, "NODE_ID"),
    metricsPort: integer(env, "METRICS_PORT", 0, 0, 65_535),
    /** Only the fault suite sets it. */
    failpoints: production ? undefined : text(env, "FAILPOINTS"),
    dataDir: resolve(text(env, "DATA_DIR") ?? "data"),
    smtpUrl,
    mailFrom: mailFrom(env),
    publicUrl: publicUrl(env, `http://${publicHost}:${port}`),
    /** Mails are kept where a developer can read them: where all of it is on this machine alone. */
    devMailbox: smtpUrl === undefined && isHere(natsUrl) && !production,
    jwtSecret: jwtSecret(env),
    allowedEmailDomains: domains(env),
    allowedOrigins: origins(env),
    /** Addresses or subnets of the proxies whose X-Forwarded-For is believed. */
    trustProxy: proxies(env),
    bcryptCost: hashCost(env, production),
    hashLanes: Math.max(1, availableParallelism() - 1),
    rateLimit: choice(env, "RATE_LIMIT", ["on", "off"], "on") === "on",
    logLevel: choice(env, "LOG_LEVEL", ["fatal", "error", "warn", "info", "debug", "trace"], "info"),
    v1Lists: choice(env, "V1_LISTS", ["auto", "list", "string"], "auto"),
  };
}

function configOrExit(): Config {
  try {
    return parseConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`REWIND does not start: ${error.message}\n`);
    process.exit(1);
  }
}

export const config: Config = configOrExit();
