import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import jwt from "jsonwebtoken";
import type { Config } from "../common/config.ts";
import { fault } from "../common/errors.ts";
import { isSnowflake } from "../common/validate.ts";

const ALGORITHM = "HS256";
const ISSUER = "rewind";
const LIFETIME = "30d";

export type Tokens = {
  issue(userId: string): string;
  /** The id of the token's user. @throws BAD_TOKEN */
  read(token: string): string;
};

export function tokenIssuer(secret: string): Tokens {
  return {
    issue: (userId) =>
      jwt.sign({}, secret, {
        ...{ algorithm: ALGORITHM, issuer: ISSUER, expiresIn: LIFETIME },
        ...{ subject: userId, jwtid: randomUUID() },
      }),
    read(token) {
      const userId = subjectOf(token, secret);
      if (userId === undefined || !isSnowflake(userId)) throw fault("BAD_TOKEN");
      return userId;
    },
  };
}

function subjectOf(token: string, secret: string): string | undefined {
  try {
    const claims = jwt.verify(token, secret, { algorithms: [ALGORITHM], issuer: ISSUER });
    return typeof claims === "object" && claims.exp !== undefined ? claims.sub : undefined;
  } catch {
    throw fault("BAD_TOKEN");
  }
}

/** The configured secret, else one made at random on the first start and kept, readable by its owner alone. */
export function tokenSecret({ jwtSecret, natsUrl, dataDir }: Config): string {
  if (jwtSecret !== undefined) return jwtSecret;
  if (natsUrl !== undefined)
    throw new Error("JWT_SECRET is needed with NATS_URL: all auth processes share it");
  const file = join(dataDir, "jwt.secret");
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, randomBytes(48).toString("base64url"), { flag: "wx", mode: 0o600, flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const secret = readFileSync(file, "utf8").trim();
  if (secret.length < 32) throw new Error(`${file} holds no secret: remove it, and everyone logs in again`);
  return secret;
}
