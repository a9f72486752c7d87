import type { Knex } from "knex";

/** `pending` is an account that waits for its verification link; its id becomes the user's. */
export async function up(knex: Knex) {
  await knex.schema.createTable("accounts", (table) => {
    table.bigInteger("id").unsigned().primary();
    table.string("email", 254).notNullable().unique();
    table.string("password_hash", 72).notNullable();
    table.string("verify_nonce", 64).notNullable().unique();
    table.bigInteger("created_at").notNullable();
  });
  await knex.schema.createTable("pending", (table) => {
    table.bigInteger("id").unsigned().primary();
    table.string("email", 254).notNullable().unique();
    table.string("name", 64).notNullable();
    table.string("name_key", 128).notNullable().unique();
    table.string("password_hash", 72).notNullable();
    table.string("key_hash", 64).notNullable().unique();
    table.bigInteger("expires_at").notNullable();
    table.bigInteger("claimed_at");
  });
}

export async function down(knex: Knex) {
  await knex.schema.dropTable("pending");
  await knex.schema.dropTable("accounts");
}
