import type { Transaction } from 'kysely';
import type { Access } from './access.ts';
import type { IdempotencyKeysTable, Schema } from './schema.ts';

/** How long a request can be repeated, ms. */
const KEPT_MS = 24 * 3_600_000;

/** So long a node may take for a request until others take it for dead, ms. Nothing in an operation takes as long. */
const HELD_MS = 30_000;

/** Rows that are too old go with each new one, so many at a time. */
const SWEPT = 10;

/** A request that may be repeated. */
export interface RepeatableRequest {
  /** The id of the API key, which has idempotency keys of its own. */
  readonly keyId: string;
  readonly key: string;
  /** The same for the same request, and for no other. */
  readonly fingerprint: string;
  /** The node that answers it. */
  readonly holder: string;
}

type Reservation =
  /** It is to be answered now. `since`: when it first came, in ms since the epoch. */
  | { readonly state: 'reserved'; readonly since: number }
  /** It was answered. */
  | { readonly state: 'answered'; readonly reply: string }
  /** Another node answers it. */
  | { readonly state: 'held' }
  /** The key belongs to another request. */
  | { readonly state: 'reused' };

/** The requests of the API that may be repeated, with their answers. */
export class IdempotencyKeys {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /**
   * Reserves a request for a node. What a node left unanswered, another one can take over.
   * @param isGone whether a node that holds a request does not work on it any more
   * @param now ms since the epoch
   * @throws RecordsAway
   */
  async reserve(request: RepeatableRequest, isGone: (holder: string) => boolean, now: number): Promise<Reservation> {
    return this.#access.transaction(async (db) => {
      await sweep(db, now - KEPT_MS);
      const { keyId: key_id, key, fingerprint, holder } = request;
      const fresh = { key_id, key, fingerprint, holder, held_until: now + HELD_MS, created_at: now, reply: null };
      const isNew = await db
        .insertInto('idempotency_keys')
        .values(fresh)
        .onConflict((conflict) => conflict.columns(['key_id', 'key']).doNothing())
        .executeTakeFirst();
      if (isNew.numInsertedOrUpdatedRows === 1n) return { state: 'reserved', since: now };
      const row = await ofKey(db, request).selectAll().executeTakeFirstOrThrow();
      if (row.created_at > now - KEPT_MS) {
        if (row.fingerprint !== fingerprint) return { state: 'reused' };
        if (row.reply !== null) return { state: 'answered', reply: row.reply };
        if (row.held_until > now && !isGone(row.holder)) return { state: 'held' };
        return takeOver(db, row, { ...fresh, created_at: row.created_at });
      }
      return takeOver(db, row, fresh);
    });
  }

  /** Keeps the answer. @throws RecordsAway */
  async answer({ keyId, key }: RepeatableRequest, reply: string): Promise<void> {
    await this.#access.query((db) =>
      db.updateTable('idempotency_keys').set({ reply }).where('key_id', '=', keyId).where('key', '=', key).execute(),
    );
  }

  /** Lets another try answer the request, because this one could not. @throws RecordsAway */
  async release({ keyId, key, holder }: RepeatableRequest): Promise<void> {
    await this.#access.query((db) =>
      db
        .updateTable('idempotency_keys')
        .set({ held_until: 0 })
        .where('key_id', '=', keyId)
        .where('key', '=', key)
        .where('holder', '=', holder)
        .execute(),
    );
  }
}

function ofKey(db: Transaction<Schema>, { keyId, key }: RepeatableRequest) {
  return db.selectFrom('idempotency_keys').where('key_id', '=', keyId).where('key', '=', key);
}

/** Replaces a row, if no other node was faster. */
async function takeOver(
  db: Transaction<Schema>,
  former: IdempotencyKeysTable,
  next: IdempotencyKeysTable,
): Promise<Reservation> {
  const { numUpdatedRows } = await db
    .updateTable('idempotency_keys')
    .set(next)
    .where('key_id', '=', former.key_id)
    .where('key', '=', former.key)
    .where('holder', '=', former.holder)
    .where('held_until', '=', former.held_until)
    .where('created_at', '=', former.created_at)
    .executeTakeFirst();
  return numUpdatedRows === 1n ? { state: 'reserved', since: next.created_at } : { state: 'held' };
}

async function sweep(db: Transaction<Schema>, before: number): Promise<void> {
  const old = await db
    .selectFrom('idempotency_keys')
    .select(['key_id', 'key'])
    .where('created_at', '<', before)
    .limit(SWEPT)
    .execute();
  if (old.length === 0) return;
  await db
    .deleteFrom('idempotency_keys')
    .where(({ eb, and, or }) => or(old.map(({ key_id, key }) => and([eb('key_id', '=', key_id), eb('key', '=', key)]))))
    .execute();
}
