import type { Selectable, Transaction } from 'kysely';
import type { Access } from './access.ts';
import type { Schema, WebhooksTable } from './schema.ts';

/** An endpoint that REST made. */
export interface WebhookRow {
  readonly id: string;
  readonly url: string;
  /** The types that it wants; null: all that everybody gets. */
  readonly types: readonly string[] | null;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** ms since the epoch; null while it gets deliveries. */
  readonly disabledAt: number | null;
}

/** The members of an endpoint that can change. */
type WebhookChanges = Partial<Pick<WebhookRow, 'url' | 'types' | 'disabledAt'>>;

/** More secrets than this sign no delivery: an operator who changes them so often knows the latest ones. */
const MOST_SECRETS = 4;

/** The endpoints of webhooks, with their secrets. All methods throw RecordsAway. */
export class WebhookRows {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** The endpoints that REST made, in the order in which it did. */
  async list(): Promise<WebhookRow[]> {
    const rows = await this.#access.query((db) =>
      db
        .selectFrom('webhooks')
        .selectAll()
        .where('is_configured', '=', 0)
        .orderBy('created_at')
        .orderBy('id')
        .execute(),
    );
    return rows.map(fromRow);
  }

  /** One of those that REST made. */
  async find(id: string): Promise<WebhookRow | null> {
    const row = await this.#access.query((db) =>
      db.selectFrom('webhooks').selectAll().where('id', '=', id).where('is_configured', '=', 0).executeTakeFirst(),
    );
    return row ? fromRow(row) : null;
  }

  /** Since when those of the configuration are disabled which are; by id, ms since the epoch. */
  async disabledOfConfiguration(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#access.query((db) =>
      db.selectFrom('webhooks').select(['id', 'disabled_at']).where('is_configured', '=', 1).execute(),
    );
    return new Map(rows.flatMap(({ id, disabled_at }) => (disabled_at === null ? [] : [[id, disabled_at]])));
  }

  async insert({ id, url, types, createdAt, disabledAt }: WebhookRow, secret: string): Promise<void> {
    await this.#access.transaction(async (db) => {
      await db
        .insertInto('webhooks')
        .values({ ...toRow({ url, types, disabledAt }), id, url, is_configured: 0, created_at: createdAt })
        .execute();
      await db
        .insertInto('webhook_secrets')
        .values({ webhook_id: id, secret, created_at: createdAt, expires_at: null })
        .execute();
    });
  }

  /** @returns whether there is such an endpoint */
  async update(id: string, changes: WebhookChanges): Promise<boolean> {
    const { numUpdatedRows } = await this.#access.query((db) =>
      db
        .updateTable('webhooks')
        .set(toRow(changes))
        .where('id', '=', id)
        .where('is_configured', '=', 0)
        .executeTakeFirst(),
    );
    return numUpdatedRows > 0n;
  }

  /** Disables an endpoint of the configuration, or enables it. @param disabledAt null: enables it */
  async setConfigured({ id, url }: { id: string; url: string }, disabledAt: number | null, now: number): Promise<void> {
    await this.#access.transaction((db) => setConfigured(db, { id, url }, disabledAt, now));
  }

  /** @returns whether there was such an endpoint */
  async remove(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#access.query((db) =>
      db.deleteFrom('webhooks').where('id', '=', id).where('is_configured', '=', 0).executeTakeFirst(),
    );
    return numDeletedRows > 0n;
  }

  /** The URL and the secrets of an endpoint that REST made; null where it is disabled or gone. */
  async signing(id: string, now: number): Promise<{ url: string; secrets: string[] } | null> {
    const rows = await this.#access.query((db) =>
      db
        .selectFrom('webhooks')
        .innerJoin('webhook_secrets', 'webhook_secrets.webhook_id', 'webhooks.id')
        .select(['webhooks.url', 'webhook_secrets.secret'])
        .where('webhooks.id', '=', id)
        .where('webhooks.disabled_at', 'is', null)
        .where((is) => is.or([is('expires_at', 'is', null), is('expires_at', '>', now)]))
        .orderBy('webhook_secrets.created_at', 'desc')
        .limit(MOST_SECRETS)
        .execute(),
    );
    const [first] = rows;
    return first ? { url: first.url, secrets: rows.map(({ secret }) => secret) } : null;
  }

  /**
   * Gives an endpoint a further secret, and lets the former ones end.
   * @param formerUntil when they end, ms since the epoch
   * @returns whether there is such an endpoint
   */
  rotate(id: string, secret: string, now: number, formerUntil: number): Promise<boolean> {
    return this.#access.transaction(async (db) => {
      const found = await db
        .selectFrom('webhooks')
        .select('id')
        .where('id', '=', id)
        .where('is_configured', '=', 0)
        .executeTakeFirst();
      if (!found) return false;
      await db.deleteFrom('webhook_secrets').where('webhook_id', '=', id).where('expires_at', '<=', now).execute();
      await db
        .updateTable('webhook_secrets')
        .set({ expires_at: formerUntil })
        .where('webhook_id', '=', id)
        .where('expires_at', 'is', null)
        .execute();
      await db
        .insertInto('webhook_secrets')
        .values({ webhook_id: id, secret, created_at: now, expires_at: null })
        .execute();
      return true;
    });
  }
}

/** Disables an endpoint, of REST or of the settings. */
export async function disable(
  db: Transaction<Schema>,
  { id, url, isConfigured }: { id: string; url: string; isConfigured: boolean },
  now: number,
): Promise<void> {
  if (isConfigured) await setConfigured(db, { id, url }, now, now);
  else await db.updateTable('webhooks').set({ disabled_at: now }).where('id', '=', id).execute();
}

async function setConfigured(
  db: Transaction<Schema>,
  { id, url }: { id: string; url: string },
  disabledAt: number | null,
  now: number,
): Promise<void> {
  await db
    .insertInto('webhooks')
    .values({ id, url, types: null, is_configured: 1, created_at: now, disabled_at: disabledAt })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ disabled_at: disabledAt }))
    .execute();
}

function fromRow({ id, url, types, created_at, disabled_at }: Selectable<WebhooksTable>): WebhookRow {
  return { id, url, types: types === null ? null : JSON.parse(types), createdAt: created_at, disabledAt: disabled_at };
}

function toRow({ url, types, disabledAt }: WebhookChanges) {
  return {
    ...(url === undefined ? {} : { url }),
    ...(types === undefined ? {} : { types: types === null ? null : JSON.stringify(types) }),
    ...(disabledAt === undefined ? {} : { disabled_at: disabledAt }),
  };
}
