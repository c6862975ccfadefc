import { setTimeout as sleep } from 'node:timers/promises';
import { type SelectQueryBuilder, sql, type Transaction } from 'kysely';
import type { Logger } from 'pino';
import type { Access } from './access.ts';
import { RecordsAway } from './errors.ts';
import type { Schema } from './schema.ts';

/** So often it looks for rows that are too old, ms. */
const EVERY_MS = 3_600_000;

/** And for the first time so long after the start, ms: a server may never run for an hour. */
const FIRST_MS = 10_000;

/** Rows that one transaction deletes, so that nothing else waits long. */
const AT_ONCE = 500;

/** The pause between two transactions, ms: others come first. */
const PAUSE_MS = 20;

/** Deletes some rows from before a time. @returns how many it chose; fewer than AT_ONCE: these were the last */
type Deletion = (db: Transaction<Schema>, before: number) => Promise<number>;

interface RetentionOptions {
  /** How long records are kept, ms; null: for ever. */
  readonly keptMs: number | null;
  /** ms since the epoch */
  now(): number;
  readonly log: Logger;
}

/** Deletes records by their age. Where several nodes share the database, one does at a time. */
export class Retention {
  readonly #access: Access;
  readonly #options: RetentionOptions;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #closing = new AbortController();
  #running: Promise<void> | null = null;

  constructor(access: Access, options: RetentionOptions) {
    this.#access = access;
    this.#options = options;
    const run = () => void this.#runOnce();
    this.#timers =
      options.keptMs === null ? [] : [setTimeout(run, FIRST_MS).unref(), setInterval(run, EVERY_MS).unref()];
  }

  /** Deletes everything that is too old now. @throws RecordsAway */
  async sweep(): Promise<void> {
    const { keptMs, now } = this.#options;
    if (keptMs === null) return;
    const before = now() - keptMs;
    for (const some of deletions) {
      let chosen: number | null = AT_ONCE;
      while (chosen === AT_ONCE && !this.#closing.signal.aborted) {
        chosen = await this.#access.alone((db) => some(db, before));
        await sleep(PAUSE_MS, null, { signal: this.#closing.signal, ref: false }).catch(() => {});
      }
    }
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#closing.abort();
    await this.#running;
  }

  async #runOnce(): Promise<void> {
    this.#running ??= this.sweep()
      .catch((error: unknown) => {
        // Another time. The log says already where the database is away.
        if (!(error instanceof RecordsAway)) this.#options.log.error({ err: error }, 'Old records were not deleted.');
      })
      .finally(() => {
        this.#running = null;
      });
  }
}

/** In this order: a workspace goes when none of its events is left. */
const deletions: readonly Deletion[] = [
  (db, before) => deleteFrom(db, 'events', db.selectFrom('events').select('id').where('at', '<', before)),
  (db, before) => deleteFrom(db, 'calls', db.selectFrom('calls').select('id').where('ended_at', '<', before)),
  // Calls whose end nobody has told, such as after the loss of a store in memory.
  (db, before) =>
    deleteFrom(
      db,
      'calls',
      db.selectFrom('calls').select('id').where('started_at', '<', before).where('ended_at', 'is', null),
    ),
  (db, before) =>
    deleteFrom(
      db,
      'workspaces',
      db
        .selectFrom('workspaces')
        .select('id')
        .where('created_at', '<', before)
        .where(({ not, exists, selectFrom }) =>
          not(exists(selectFrom('events').select('seq').whereRef('events.workspace_id', '=', 'workspaces.id'))),
        ),
    ),
  // Ids of a host system whose workspaces are over, or never were.
  async (db, before) => {
    const old = db
      .selectFrom('external_ids')
      .select('external_id as id')
      .where('claimed_at', '<', before)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('workspaces')
              .select('id')
              .whereRef('workspaces.id', '=', 'external_ids.workspace_id')
              .where('closed_at', 'is', null),
          ),
        ),
      );
    const ids = await idsOf(old);
    if (ids.length > 0) await db.deleteFrom('external_ids').where('external_id', 'in', ids).execute();
    return ids.length;
  },
  (db, before) =>
    deleteFrom(db, 'consultations', db.selectFrom('consultations').select('id').where('closed_at', '<', before)),
  (db, before) => deleteFrom(db, 'users', db.selectFrom('users').select('id').where('updated_at', '<', before)),
  async (db, before) => {
    const old = db.selectFrom('registrations').select('name_key as id').where('free_at', '<', before);
    const ids = await idsOf(old);
    if (ids.length > 0) await db.deleteFrom('registrations').where('name_key', 'in', ids).execute();
    return ids.length;
  },
  async (db, before) => {
    const old = db.selectFrom('messages').select(['workspace_id', 'seq']).where('at', '<', before);
    const messages = await old.limit(AT_ONCE).execute();
    if (messages.length === 0) return 0;
    const keys = messages.map(({ workspace_id, seq }) => sql`(${workspace_id}, cast(${seq} as bigint))`);
    await sql`delete from messages where (workspace_id, seq) in (values ${sql.join(keys)})`.execute(db);
    return messages.length;
  },
  async (db, before) => {
    const old = db.selectFrom('inbox_items').select(['user_id', 'seq']).where('at', '<', before);
    const items = await old.limit(AT_ONCE).execute();
    if (items.length === 0) return 0;
    const keys = items.map(({ user_id, seq }) => sql`(${user_id}, cast(${seq} as bigint))`);
    await sql`delete from inbox_items where (user_id, seq) in (values ${sql.join(keys)})`.execute(db);
    return items.length;
  },
];

type Chosen<Row = { readonly id: string }> = SelectQueryBuilder<Schema, keyof Schema, Row>;

async function deleteFrom(
  db: Transaction<Schema>,
  table: 'events' | 'calls' | 'workspaces' | 'consultations' | 'users',
  chosen: Chosen,
): Promise<number> {
  const ids = await idsOf(chosen);
  if (ids.length > 0) await db.deleteFrom(table).where('id', 'in', ids).execute();
  return ids.length;
}

async function idsOf(chosen: Chosen): Promise<string[]> {
  return (await chosen.limit(AT_ONCE).execute()).map(({ id }) => id);
}
