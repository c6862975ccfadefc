import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/**
 * An open database. Its errors are ours: RecordsAway where it cannot be reached or written at present, and StoreError
 * where it refuses.
 */
export interface OpenDatabase {
  readonly db: Kysely<Schema>;
  /** As `db`, but never behind the work of others: to find out whether the database is there. */
  readonly aside: Kysely<Schema>;
  /** Runs work on a connection without time limits, for migrations. */
  patiently<Result>(work: (db: Kysely<Schema>) => Promise<Result>): Promise<Result>;
  /** Whether it is another process, which can go away while nobody needs it. */
  readonly isRemote: boolean;
  /** Whether this transaction is the only one of all nodes that has asked so; it stays so until it ends. */
  isAlone(transaction: Transaction<Schema>): Promise<boolean>;
  close(): Promise<void>;
}
