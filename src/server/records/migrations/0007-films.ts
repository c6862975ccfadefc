import type { Kysely } from 'kysely';

/** The films of recordings: all parts of one in a single file. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('recording_films')
    .addColumn('recording_id', 'text', (column) => column.primaryKey().references('recordings.id').onDelete('cascade'))
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('made_of', 'text')
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_at', 'bigint')
    .addColumn('started_at', 'bigint')
    .addColumn('duration_ms', 'bigint')
    .addColumn('bytes', 'bigint')
    .addColumn('sha256', 'text')
    .addColumn('problem', 'text')
    .execute();
  await db.schema.createIndex('recording_films_state').on('recording_films').column('state').execute();
}
