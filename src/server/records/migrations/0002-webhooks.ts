import { type Kysely, PostgresAdapter, sql } from 'kysely';

/** Endpoints of webhooks, their deliveries, and the lease of the node that sends. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  await schema
    .createTable('webhooks')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('types', 'text')
    .addColumn('is_configured', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('disabled_at', 'bigint')
    .execute();

  await schema
    .createTable('webhook_secrets')
    .addColumn('webhook_id', 'text', (column) => column.notNull().references('webhooks.id').onDelete('cascade'))
    .addColumn('secret', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addPrimaryKeyConstraint('webhook_secrets_key', ['webhook_id', 'secret'])
    .execute();

  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  await schema
    .createTable('deliveries')
    .addColumn('id', isPostgres ? 'bigserial' : 'integer', (column) =>
      isPostgres ? column.primaryKey() : column.primaryKey().autoIncrement(),
    )
    .addColumn('webhook_id', 'text', (column) => column.notNull())
    .addColumn('event_id', 'text', (column) => column.notNull())
    .addColumn('workspace_id', 'text', (column) => column.notNull())
    .addColumn('seq', 'bigint')
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('message', 'text')
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('failures', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('next_at', 'bigint')
    .addColumn('last_at', 'bigint')
    .addColumn('last_status', 'integer')
    .addColumn('last_error', 'text')
    .addColumn('ended_at', 'bigint')
    .addUniqueConstraint('deliveries_event', ['webhook_id', 'event_id'])
    .execute();
  await schema.createIndex('deliveries_webhook').on('deliveries').columns(['webhook_id', 'id']).execute();
  // The delivered ones are nearly all of them. These stay small.
  await sql`create index deliveries_first on deliveries (webhook_id, id)
    where attempts = 0 and next_at is not null`.execute(db);
  await sql`create index deliveries_retry on deliveries (webhook_id, next_at, created_at)
    where attempts > 0 and next_at is not null`.execute(db);
  await sql`create index deliveries_undelivered on deliveries (webhook_id, status, id)
    where status <> 'delivered'`.execute(db);
  await sql`create index deliveries_ended on deliveries (ended_at) where ended_at is not null`.execute(db);

  await schema
    .createTable('leases')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('holder', 'text', (column) => column.notNull())
    .addColumn('until', 'bigint', (column) => column.notNull())
    .execute();
}
