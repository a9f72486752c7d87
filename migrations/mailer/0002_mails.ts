import type { Knex } from "knex";

export const up = (knex: Knex) =>
  knex.schema.createTable("mails", (table) => {
    table.bigInteger("id").unsigned().primary();
    table.string("key", 64).notNullable().unique();
    table.string("recipient", 254).notNullable();
    table.string("subject", 255).notNullable();
    table.text("text").notNullable();
    table.text("html").notNullable();
    table.string("state", 16).notNullable();
    table.integer("attempts").notNullable();
    table.bigInteger("due_at").notNullable();
    table.string("last_error", 255);
    table.bigInteger("created_at").notNullable();
    table.index(["state", "due_at"]);
  });

export const down = (knex: Knex) => knex.schema.dropTable("mails");
