import type { Kysely, Transaction } from 'kysely';
import type { Logger } from 'pino';
import type { RecordsConfig } from '../config/records.ts';
import type { OpenDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { Reach } from './reach.ts';
import type { Schema } from './schema.ts';

/** The longest that a caller waits for the database, ms, so that clients are told within a second. */
const PATIENCE_MS = 800;

export interface RecordsOptions {
  readonly log: Logger;
  /** ms since the epoch */
  now(): number;
}

/**
 * What lasts longer than a workspace, in SQL. All that writes resolves once it would survive a power cut.
 *
 * Everything here throws RecordsAway within a second where the database is away; then nobody knows whether a change was
 * made, so every change can be made again without harm.
 */
export class Records {
  readonly #database: OpenDatabase;
  readonly #reach: Reach;

  constructor(database: OpenDatabase, { log, now }: RecordsOptions) {
    this.#database = database;
    const { db, ping } = database;
    const probe = async () => {
      await db
        .insertInto('probes')
        .values({ id: 1, at: now() })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ at: now() }))
        .execute();
    };
    this.#reach = new Reach({ patienceMs: PATIENCE_MS, probe, ping, log });
  }

  /** Whether the database answers and can be written, as far as is known. */
  get isUp(): boolean {
    return this.#reach.isUp;
  }

  /** Reads, or makes one change. @throws RecordsAway */
  query<Result>(work: (db: Kysely<Schema>) => Promise<Result>): Promise<Result> {
    return this.#reach.ask(() => work(this.#database.db));
  }

  /** Makes several changes: all of them, or none where `work` throws. @throws RecordsAway */
  transaction<Result>(work: (transaction: Transaction<Schema>) => Promise<Result>): Promise<Result> {
    return this.#reach.ask(() => this.#database.db.transaction().execute(work));
  }

  /** Waits for what is under way, and lets go of files, threads and connections. */
  async close(): Promise<void> {
    await this.#reach.close();
    await this.#database.close();
  }
}

/**
 * Opens the records, and brings their tables to the form of this release.
 * @throws StoreError with a sentence for the operator
 */
export async function openRecords(config: RecordsConfig, options: RecordsOptions): Promise<Records> {
  const database = await openDatabase(config);
  try {
    await database.patiently(migrate);
    return new Records(database, options);
  } catch (error) {
    await database.close();
    throw error;
  }
}

// Imported when chosen.
async function openDatabase(config: RecordsConfig): Promise<OpenDatabase> {
  switch (config.kind) {
    case 'sqlite':
      return (await import('./sqlite.ts')).openSqlite(config.file);
    case 'postgres':
      return (await import('./postgres.ts')).openPostgres(config.url, PATIENCE_MS);
  }
}
