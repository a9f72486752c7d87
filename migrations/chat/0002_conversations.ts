import type { Knex } from "knex";

/**
 * A direct conversation is stored under its ordered pair of members. Messages are clustered by conversation and
 * order, so that history is one range read; `change_seq` is where the message's last change stands.
 */
export async function up(knex: Knex) {
  await knex.schema.createTable("conversations", (table) => {
    table.bigInteger("id").unsigned().primary();
    table.bigInteger("low_id").unsigned().notNullable();
    table.bigInteger("high_id").unsigned().notNullable();
    table.bigInteger("last_seq").notNullable();
    table.bigInteger("last_message_id").unsigned().notNullable();
    table.bigInteger("last_message_at").notNullable();
    table.unique(["low_id", "high_id"]);
    table.index(["high_id"]);
  });
  await knex.schema.createTable("messages", (table) => {
    table.bigInteger("conversation_id").unsigned().notNullable();
    table.bigInteger("seq").notNullable();
    table.bigInteger("id").unsigned().notNullable().unique();
    table.bigInteger("author_id").unsigned().notNullable();
    table.string("nonce", 64).notNullable();
    table.text("content").notNullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("change_seq").notNullable();
    table.string("change_nonce", 64);
    table.bigInteger("edited_at");
    table.bigInteger("deleted_at");
    table.primary(["conversation_id", "seq"]);
    table.unique(["author_id", "nonce"]);
    table.unique(["conversation_id", "created_at"]);
    table.index(["conversation_id", "change_seq"]);
  });
}

export async function down(knex: Knex) {
  await knex.schema.dropTable("messages");
  await knex.schema.dropTable("conversations");
}
