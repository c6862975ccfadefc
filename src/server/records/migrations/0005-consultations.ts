import type { Kysely } from 'kysely';

/** Consultations and their clients. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('consultations')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('external_id', 'text', (column) => column.unique())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('workspace_id', 'text', (column) => column.notNull())
    .addColumn('opened_at', 'bigint', (column) => column.notNull())
    .addColumn('closed_at', 'bigint')
    .addColumn('call_seconds', 'double precision', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('consultations_workspace').on('consultations').column('workspace_id').execute();
  await db.schema
    .createTable('consultation_users')
    .addColumn('consultation_id', 'text', (column) =>
      column.notNull().references('consultations.id').onDelete('cascade'),
    )
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('place', 'integer', (column) => column.notNull())
    .addColumn('opened_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('consultation_users_key', ['consultation_id', 'place'])
    .execute();
  await db.schema
    .createIndex('consultation_users_user')
    .on('consultation_users')
    .columns(['user_id', 'opened_at'])
    .execute();
}
