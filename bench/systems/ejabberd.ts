import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createConnection } from "mysql2/promise";
import { freePort } from "../../test/support/ports.ts";
import { find } from "../../scripts/servers/provide.ts";
import { XMPP_DOMAIN } from "../load/xmpp.ts";
import { descendantsOf } from "../processes.ts";
import { start, type Child } from "./child.ts";
import { nameOf, PASSWORD, type User } from "./seed.ts";
import { startDatabase } from "./servers.ts";
import type { Start, System } from "./system.ts";

const HOW =
  "ejabberd is needed on PATH (Debian: apt install ejabberd erlang-p1-mysql), or EJABBERD=/path/ejabberdctl";
const SCHEMA = "ejabberd";
const POOL = 10;

/** Where its parts are. Its own script would start it as another user, and with what is the machine's. */
type Installed = { erl: string; libraries: string; schema: string };

/** @throws a sentence about what is missing */
function installed(): Installed {
  const script = process.env["EJABBERD"] ?? find("ejabberdctl");
  if (script === undefined || !existsSync(script)) throw new Error(HOW);
  const text = readFileSync(script, "utf8");
  const said = (name: string) => new RegExp(`^${name}=["']?([^"'\n]+)`, "m").exec(text)?.[1] ?? "";
  const [erl, libraries] = [said("ERL"), said("ERL_LIBS")];
  const packages = readdirSync(libraries).filter((name) => name.startsWith("ejabberd-"));
  const places = [
    ...packages.map((name) => join(libraries, name, "priv/sql/mysql.sql")),
    resolve(dirname(script), "../share/ejabberd/sql/mysql.sql"),
  ];
  const schema = places.find((place) => existsSync(place));
  if (schema === undefined) throw new Error(`ejabberd's mysql.sql is not at ${places.join(", nor at ")}`);
  return { erl, libraries, schema };
}

/** See bench/README.md for why it is as it is. */
const configuration = (port: number, database: URL) => `
hosts: [ ${XMPP_DOMAIN} ]
loglevel: warning
listen:
  - port: ${port}
    ip: 127.0.0.1
    module: ejabberd_http
    backlog: 1024
    request_handlers: { /ws: ejabberd_http_ws, /api: mod_http_api }
api_permissions:
  here: { who: { ip: 127.0.0.1/8 }, what: [ gc ] }
shaper_rules: { max_user_sessions: infinity }
auth_method: sql
auth_password_format: plain
default_db: sql
sql_type: mysql
sql_server: ${database.hostname}
sql_port: ${database.port}
sql_username: ${database.username}
sql_password: ${database.password}
sql_database: ${SCHEMA}
sql_pool_size: ${POOL}
modules:
  mod_blocking: {}
  mod_carboncopy: {}
  mod_disco: {}
  mod_http_api: {}
  mod_mam: { default: always, db_type: sql, assume_mam_usage: true }
  mod_ping: {}
  mod_privacy: {}
  mod_roster: {}
  mod_stream_mgmt: {}
`;

const userOf = (nth: number): User => ({ id: nameOf(nth), token: PASSWORD });

/** Its own schema, and accounts. */
async function fillDatabase(url: string, schema: string, users: number): Promise<void> {
  const connection = await createConnection({ uri: url, multipleStatements: true });
  try {
    await connection.query(`CREATE DATABASE ${SCHEMA}; USE ${SCHEMA}`);
    await connection.query(readFileSync(schema, "utf8"));
    const rows = Array.from({ length: users }, (_, nth) => [userOf(nth).id, userOf(nth).token]);
    await connection.query("INSERT INTO users (username, password) VALUES ?", [rows]);
  } finally {
    connection.destroy();
  }
}

/** Not distributed: no name, no cookie and no epmd, and nothing that another node could meet. */
async function launch({ erl, libraries }: Installed, database: string, { dir }: Start): Promise<Child> {
  const [port, home] = [await freePort(), join(dir, "ejabberd")];
  mkdirSync(home, { mode: 0o700 });
  const config = join(home, "ejabberd.yml");
  const log = join(home, "ejabberd.log");
  writeFileSync(config, configuration(port, new URL(database)), { mode: 0o600 });
  const ready = `{ok, _} = application:ensure_all_started(ejabberd), io:format("ready ws://127.0.0.1:${port}~n")`;
  const args = ["-noinput", "+P", "250000", "-mnesia", "dir", `"${home}"`, "-ejabberd", "quiet", "true"];
  return start({
    ...{ file: erl, args: [...args, "-eval", ready], cwd: home, log },
    env: {
      ...{ ERL_LIBS: libraries, ERL_CRASH_DUMP_BYTES: "0", ERL_MAX_ETS_TABLES: "1400" },
      ...{ EJABBERD_CONFIG_PATH: config, EJABBERD_LOG_PATH: log },
    },
  });
}

/** An XMPP server that many run, with its archive in the same MariaDB. */
export async function startEjabberd(from: Start): Promise<System> {
  const program = installed();
  const database = await startDatabase(from);
  await fillDatabase(database.adminUrl, program.schema, from.plan.seed.users);
  const server = await launch(program, database.adminUrl, from);
  from.undone.add(server.stop);
  const [url = ""] = server.urls;
  return {
    ...{ name: "ejabberd", dialect: "xmpp", urls: server.urls, userOf },
    processes: () => [
      { name: "ejabberd", pid: server.pid },
      ...descendantsOf(server.pid).map((pid) => ({ name: "erlang-port", pid })),
      database.process,
    ],
    async collect() {
      const { ok } = await fetch(`${url.replace("ws", "http")}/api/gc`, { method: "POST", body: "{}" });
      if (!ok) throw new Error("ejabberd does not collect its garbage");
    },
  };
}
