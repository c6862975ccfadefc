import type { Kysely } from 'kysely';

/** Answers to requests of the API that may be repeated, and which workspace has which id of a host system. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  await schema
    .createTable('idempotency_keys')
    .addColumn('key_id', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('holder', 'text', (column) => column.notNull())
    .addColumn('held_until', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('reply', 'text')
    .addPrimaryKeyConstraint('idempotency_keys_key', ['key_id', 'key'])
    .execute();
  await schema.createIndex('idempotency_keys_created').on('idempotency_keys').column('created_at').execute();

  await schema
    .createTable('external_ids')
    .addColumn('external_id', 'text', (column) => column.primaryKey())
    .addColumn('workspace_id', 'text', (column) => column.notNull())
    .addColumn('claimed_at', 'bigint', (column) => column.notNull())
    .execute();
  await schema.createIndex('external_ids_workspace').on('external_ids').column('workspace_id').execute();
}
