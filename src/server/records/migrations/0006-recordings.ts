import type { Kysely } from 'kysely';

/** Recordings, their parts, and who has agreed to be recorded. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('recordings')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('workspace_id', 'text', (column) => column.notNull())
    .addColumn('call_id', 'text', (column) => column.notNull())
    .addColumn('external_id', 'text')
    .addColumn('started_by', 'text')
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('stopped_at', 'bigint')
    .addColumn('settled_at', 'bigint')
    .addColumn('state', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('recordings_workspace').on('recordings').column('workspace_id').execute();
  await db.schema.createIndex('recordings_started_at').on('recordings').columns(['started_at', 'id']).execute();
  await db.schema.createIndex('recordings_state').on('recordings').column('state').execute();
  await db.schema
    .createTable('recording_parts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('recording_id', 'text', (column) => column.notNull().references('recordings.id').onDelete('cascade'))
    .addColumn('n', 'integer', (column) => column.notNull())
    .addColumn('attendee_id', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('part', 'text', (column) => column.notNull())
    .addColumn('mime_type', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('declared_bytes', 'bigint')
    .addColumn('bytes', 'bigint')
    .addColumn('sha256', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addUniqueConstraint('recording_parts_n', ['recording_id', 'n'])
    .addUniqueConstraint('recording_parts_part', ['recording_id', 'attendee_id', 'part'])
    .execute();
  await db.schema.createIndex('recording_parts_user').on('recording_parts').column('user_id').execute();
  await db.schema.createIndex('recording_parts_state').on('recording_parts').column('state').execute();
  await db.schema
    .createTable('recording_consents')
    .addColumn('event_id', 'text', (column) => column.primaryKey())
    .addColumn('recording_id', 'text', (column) => column.notNull())
    .addColumn('attendee_id', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('given', 'integer', (column) => column.notNull())
    .addColumn('text', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('recording_consents_recording')
    .on('recording_consents')
    .columns(['recording_id', 'at'])
    .execute();
  await db.schema.createIndex('recording_consents_user').on('recording_consents').column('user_id').execute();
}
