import type { Knex } from "knex";

/** See services/common/nonces.ts. */
export const up = (knex: Knex) =>
  knex.schema.createTable("nonces", (table) => {
    table.bigInteger("user_id").unsigned().notNullable();
    table.string("nonce", 64).notNullable();
    table.string("digest", 64).notNullable();
    table.string("answer", 16);
    table.primary(["user_id", "nonce"]);
  });

export const down = (knex: Knex) => knex.schema.dropTable("nonces");
