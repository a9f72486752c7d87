import type { Knex } from "knex";

/** One row a pair of users, so that whatever two people do at once is decided on one row. */
export const up = (knex: Knex) =>
  knex.schema.createTable("relations", (table) => {
    table.bigInteger("low_id").unsigned().notNullable();
    table.bigInteger("high_id").unsigned().notNullable();
    table.string("state", 16).notNullable();
    table.bigInteger("requester_id").unsigned();
    table.string("last_nonce", 64);
    table.string("last_change", 16);
    table.bigInteger("updated_at").notNullable();
    table.primary(["low_id", "high_id"]);
    table.index(["high_id", "state"]);
  });

export const down = (knex: Knex) => knex.schema.dropTable("relations");
