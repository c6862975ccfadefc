import type { Kysely } from 'kysely';

/** Workspaces, events, calls, users, inboxes and registrations. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  await schema
    .createTable('workspaces')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('external_id', 'text')
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('owner_user', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('closed_at', 'bigint')
    .addColumn('head_seq', 'bigint', (column) => column.notNull())
    .execute();
  await schema.createIndex('workspaces_created').on('workspaces').columns(['created_at', 'id']).execute();
  await schema.createIndex('workspaces_external').on('workspaces').column('external_id').execute();

  await schema
    .createTable('events')
    .addColumn('workspace_id', 'text', (column) => column.notNull().references('workspaces.id').onDelete('cascade'))
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('subject_user', 'text')
    .addPrimaryKeyConstraint('events_key', ['workspace_id', 'seq'])
    .execute();
  await schema.createIndex('events_at').on('events').column('at').execute();
  await schema.createIndex('events_subject').on('events').column('subject_user').execute();

  await schema
    .createTable('calls')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('workspace_id', 'text', (column) => column.notNull())
    .addColumn('client_call_id', 'text', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('connected_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addColumn('end_reason', 'text')
    .addColumn('duration_seconds', 'double precision')
    .addColumn('billable_seconds', 'double precision')
    .addColumn('external_id', 'text')
    .addColumn('metadata', 'text', (column) => column.notNull())
    .execute();
  await schema.createIndex('calls_started').on('calls').columns(['started_at', 'id']).execute();
  await schema.createIndex('calls_ended').on('calls').column('ended_at').execute();
  await schema.createIndex('calls_workspace').on('calls').column('workspace_id').execute();

  await schema
    .createTable('call_participants')
    .addColumn('call_id', 'text', (column) => column.notNull().references('calls.id').onDelete('cascade'))
    .addColumn('attendee_id', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text')
    .addColumn('joined_at', 'bigint', (column) => column.notNull())
    .addColumn('left_at', 'bigint')
    .addColumn('seconds', 'double precision')
    .addPrimaryKeyConstraint('call_participants_key', ['call_id', 'attendee_id', 'joined_at'])
    .execute();

  await schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('picture', 'text')
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addColumn('erased_at', 'bigint')
    .execute();
  await schema.createIndex('users_updated').on('users').column('updated_at').execute();

  await schema
    .createTable('inboxes')
    .addColumn('user_id', 'text', (column) => column.primaryKey())
    .addColumn('head_seq', 'bigint', (column) => column.notNull())
    .addColumn('seen_seq', 'bigint', (column) => column.notNull())
    .execute();

  await schema
    .createTable('inbox_items')
    .addColumn('user_id', 'text', (column) => column.notNull().references('inboxes.user_id').onDelete('cascade'))
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('event_id', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('subject_user', 'text')
    .addPrimaryKeyConstraint('inbox_items_key', ['user_id', 'seq'])
    .addUniqueConstraint('inbox_items_event', ['user_id', 'event_id'])
    .execute();
  await schema.createIndex('inbox_items_at').on('inbox_items').column('at').execute();
  await schema.createIndex('inbox_items_subject').on('inbox_items').column('subject_user').execute();

  await schema
    .createTable('registrations')
    .addColumn('name_key', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('free_at', 'bigint', (column) => column.notNull())
    .execute();
  await schema.createIndex('registrations_free').on('registrations').column('free_at').execute();

  await schema
    .createTable('probes')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute();
}
