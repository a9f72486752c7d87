import type { Knex } from "knex";

/** Leases of snowflake worker numbers (services/common/ids.ts); every schema that makes ids has this table. */
export const up = (knex: Knex) =>
  knex.schema.createTable("workers", (table) => {
    table.integer("worker").primary();
    table.string("holder", 255).notNullable();
    table.bigInteger("expires_at").notNullable();
  });

export const down = (knex: Knex) => knex.schema.dropTable("workers");
