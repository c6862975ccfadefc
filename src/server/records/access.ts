import { type Kysely, sql, type Transaction } from 'kysely';
import type { Logger } from 'pino';
import type { OpenDatabase } from './database.ts';
import { Reach } from './reach.ts';
import type { Schema } from './schema.ts';

/** The longest that a caller waits for the database, ms, so that clients are told within a second. */
export const PATIENCE_MS = 800;

/** The longest wait for work for which nobody waits, ms. A database that is away is noticed earlier by others. */
const BACKGROUND_MS = 10_000;

/** The way to the database for everything that records and reads. */
export class Access {
  readonly #database: OpenDatabase;
  readonly #reach: Reach;

  /** @param now ms since the epoch */
  constructor(database: OpenDatabase, { log, now }: { log: Logger; now(): number }) {
    this.#database = database;
    const { aside, isRemote } = database;
    const probe = async () => {
      await aside
        .insertInto('probes')
        .values({ id: 1, at: now() })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ at: now() }))
        .execute();
    };
    const ping = async () => {
      await sql`select 1`.execute(aside);
    };
    this.#reach = new Reach({ patienceMs: PATIENCE_MS, probe, ping: isRemote ? ping : null, log });
  }

  get isUp(): boolean {
    return this.#reach.isUp;
  }

  /** Reads, or makes one change. @throws RecordsAway */
  query<Result>(work: (db: Kysely<Schema>) => Promise<Result>): Promise<Result> {
    return this.#reach.ask(() => work(this.#database.db));
  }

  /**
   * Makes several changes: all of them, or none where `work` throws.
   * @param onDone called when they are made, also where that was too late for the caller
   * @throws RecordsAway
   */
  transaction<Result>(
    work: (transaction: Transaction<Schema>) => Promise<Result>,
    onDone: (result: Result) => void = () => {},
  ): Promise<Result> {
    return this.#reach.ask(async () => {
      const result = await this.#database.db.transaction().execute(work);
      onDone(result);
      return result;
    });
  }

  /** As `transaction`, for work that nobody waits for: it has more time. @throws RecordsAway */
  inBackground<Result>(work: (transaction: Transaction<Schema>) => Promise<Result>): Promise<Result> {
    return this.#reach.ask(() => this.#database.db.transaction().execute(work), BACKGROUND_MS);
  }

  /** As `inBackground`, but only one of all nodes at a time works. @returns null where another one does */
  alone<Result>(work: (transaction: Transaction<Schema>) => Promise<Result>): Promise<Result | null> {
    return this.inBackground(async (transaction) =>
      (await this.#database.isAlone(transaction)) ? work(transaction) : null,
    );
  }

  async close(): Promise<void> {
    await this.#reach.close();
    await this.#database.close();
  }
}
