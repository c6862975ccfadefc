import { type Kysely, type Migration, Migrator } from 'kysely';
import { StoreError } from '../storage/store.ts';
import { migrations as ours } from './migrations/index.ts';
import type { Schema } from './schema.ts';

/** The table that says which steps the database has behind it. */
const TABLE = 'records_migrations';

/**
 * Brings the tables to the form of this release, from any released one. Several nodes may do that at once: one does, and
 * the others wait for it. A step that fails, or is killed, leaves everything as it was.
 * @throws StoreError where a newer release has written the database, or a step fails
 */
export async function migrate(
  db: Kysely<Schema>,
  migrations: Readonly<Record<string, Migration>> = ours,
): Promise<void> {
  await refuseNewer(db, migrations);
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: TABLE,
    migrationLockTableName: `${TABLE}_lock`,
    // Steps for tables of their own may have been made side by side.
    allowUnorderedMigrations: true,
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof StoreError) {
    const step = results?.find(({ status }) => status === 'Error')?.migrationName ?? 'the first';
    throw new StoreError(
      `The tables of the records cannot be brought to the form of this release (step ${step}). They were left as they ` +
        `were. ${error.message}. Give the server a database of its own.`,
      { cause: error },
    );
  }
  throw error;
}

async function refuseNewer(db: Kysely<Schema>, migrations: Readonly<Record<string, Migration>>): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === TABLE)) return;
  const done = await db
    .selectFrom(TABLE as never)
    .select('name' as never)
    .execute();
  const unknown = (done as { name: string }[]).find(({ name }) => !Object.hasOwn(migrations, name));
  if (!unknown) return;
  throw new StoreError(
    `A newer release has written the records (${unknown.name}), and this one cannot read them. They were left as they ` +
      'are: start the newer release, or restore the backup from before it.',
  );
}
