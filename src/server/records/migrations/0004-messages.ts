import type { Kysely } from 'kysely';

/** Chats and their messages. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('chats')
    .addColumn('workspace_id', 'text', (column) => column.primaryKey())
    .addColumn('head_seq', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('messages')
    .addColumn('workspace_id', 'text', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('consultation_id', 'text')
    .addColumn('sender', 'text', (column) => column.notNull())
    .addColumn('message_id', 'text', (column) => column.notNull())
    .addColumn('attendee_id', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('text', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('messages_pk', ['workspace_id', 'seq'])
    .addUniqueConstraint('messages_sender_message', ['workspace_id', 'sender', 'message_id'])
    .execute();
  await db.schema.createIndex('messages_user').on('messages').column('user_id').execute();
  await db.schema.createIndex('messages_at').on('messages').column('at').execute();
}
