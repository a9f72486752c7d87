import type { Knex } from "knex";

/**
 * `revisions`: nonces of edits and deletions, for good, as `messages` has those of sends. `reads`: how far somebody has
 * read. `revised_at`: when a conversation last had an edit or a deletion, for `recent`; sends are found by their ids.
 */
export async function up(knex: Knex) {
  await knex.schema.createTable("revisions", (table) => {
    table.bigInteger("author_id").unsigned().notNullable();
    table.string("nonce", 64).notNullable();
    table.string("digest", 64).notNullable();
    table.primary(["author_id", "nonce"]);
  });
  await knex.schema.createTable("reads", (table) => {
    table.bigInteger("user_id").unsigned().notNullable();
    table.bigInteger("conversation_id").unsigned().notNullable();
    table.bigInteger("seq").notNullable();
    table.primary(["user_id", "conversation_id"]);
  });
  await knex.schema.alterTable("conversations", (table) => {
    table.bigInteger("revised_at").index();
  });
}

export async function down(knex: Knex) {
  await knex.schema.alterTable("conversations", (table) => void table.dropColumn("revised_at"));
  await knex.schema.dropTable("reads");
  await knex.schema.dropTable("revisions");
}
