import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/**
 * An open database. Its errors are ours: RecordsAway where it cannot be reached or written at present, and StoreError
 * where it refuses.
 */
export interface OpenDatabase {
  readonly db: Kysely<Schema>;
  /** Runs work on a connection without time limits, for migrations. */
  patiently<Result>(work: (db: Kysely<Schema>) => Promise<Result>): Promise<Result>;
  /** Waits for a sign of life; null where the database is a part of this process. */
  readonly ping: (() => Promise<void>) | null;
  /** Whether this transaction is the only one of all nodes that has asked so; it stays so until it ends. */
  isAlone(transaction: Transaction<Schema>): Promise<boolean>;
  close(): Promise<void>;
}
