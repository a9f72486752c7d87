import type { Knex } from "knex";
import * as nonces from "../nonces.ts";

/**
 * `nonces`: those of edits and deletions, as `messages` has those of sends. `reads`: how far somebody has read.
 * `sent_digest`: of a message's first content, once that is gone: a send said again is compared with it. `revised_at`: when a conversation last had an edit or a deletion, to find what happened lately; sends are found by
 * their ids.
 */
export async function up(knex: Knex) {
  await nonces.up(knex);
  await knex.schema.createTable("reads", (table) => {
    table.bigInteger("user_id").unsigned().notNullable();
    table.bigInteger("conversation_id").unsigned().notNullable();
    table.bigInteger("seq").notNullable();
    table.primary(["user_id", "conversation_id"]);
  });
  await knex.schema.alterTable("conversations", (table) => {
    table.bigInteger("revised_at").index();
  });
  await knex.schema.alterTable("messages", (table) => {
    table.string("sent_digest", 64);
  });
}

export async function down(knex: Knex) {
  await knex.schema.alterTable("messages", (table) => void table.dropColumn("sent_digest"));
  await knex.schema.alterTable("conversations", (table) => void table.dropColumn("revised_at"));
  await knex.schema.dropTable("reads");
  await nonces.down(knex);
}
