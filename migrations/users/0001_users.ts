import type { Knex } from "knex";

export const up = (knex: Knex) =>
  knex.schema.createTable("users", (table) => {
    table.bigInteger("id").unsigned().primary();
    table.string("name", 64).notNullable();
    table.string("name_key", 128).notNullable().unique();
    table.string("profile", 512);
    table.bigInteger("created_at").notNullable();
  });

export const down = (knex: Knex) => knex.schema.dropTable("users");
