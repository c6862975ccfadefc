import { type Kysely, type Selectable, sql } from 'kysely';
import type { Access } from './access.ts';
import { newDelivery } from './delivery-projection.ts';
import type { DeliveriesTable, Schema } from './schema.ts';
import { disable } from './webhooks.ts';

/** What the next attempt of a delivery needs. */
export interface DueDelivery {
  readonly id: number;
  /** How many attempts were made. */
  readonly attempts: number;
  /** How many have failed since it began, or since somebody asked for a further attempt. */
  readonly failures: number;
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly at: number;
    readonly data: Readonly<Record<string, unknown>>;
    readonly workspace: { readonly id: string; readonly externalId: string | null } | null;
    readonly seq: number | null;
  } | null;
  readonly workspaceId: string;
}

/** How an attempt ended. */
export interface AttemptOutcome {
  readonly delivery: Pick<DueDelivery, 'id' | 'attempts' | 'failures'>;
  /** ms since the epoch. */
  readonly at: number;
  readonly status: number | null;
  /** null where it was delivered. */
  readonly error: string | null;
  /** When the next attempt is made, ms since the epoch; null where none is. */
  readonly nextAt: number | null;
  /** The endpoint, where it wants no more at all. */
  readonly disables: { readonly id: string; readonly url: string; readonly isConfigured: boolean } | null;
}

export type DeliveryStatus = 'pending' | 'delivered' | 'failed';

/** A delivery as its list shows it. Times are in ms since the epoch. */
export interface Delivery {
  readonly event: { readonly id: string; readonly type: string };
  readonly workspace: { readonly id: string } | null;
  readonly seq: number | null;
  /** `pending`: no attempt has failed yet; `failed`: the last one has. */
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly createdAt: number;
  readonly lastAttemptAt: number | null;
  /** The status of the latest answer; null where none came. */
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  /** null where no further attempt is made. */
  readonly nextAttemptAt: number | null;
}

/** The deliveries of webhooks. All methods throw RecordsAway. */
export class Deliveries {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** A delivery to one endpoint of something that is no event of a workspace. */
  async add(webhookId: string, event: { id: string; type: string; data: object }, now: number): Promise<void> {
    const { id, type, data } = event;
    const message = JSON.stringify({ at: now, data });
    const row = newDelivery(webhookId, { id, type, workspaceId: '', seq: null, message }, now);
    await this.#access.query((db) => db.insertInto('deliveries').values(row).execute());
  }

  /**
   * The deliveries of an endpoint that were never tried, in their order.
   * @param except workspaces to leave out
   */
  async firstAttempts(webhookId: string, except: readonly string[], limit: number): Promise<DueDelivery[]> {
    const rows = await this.#access.query((db) => {
      const query = due(db, webhookId, 'first').orderBy('deliveries.id').limit(limit);
      return (except.length === 0 ? query : query.where('deliveries.workspace_id', 'not in', except)).execute();
    });
    return rows.map(toDue);
  }

  /**
   * The deliveries of an endpoint that failed and are to be tried again by now, the most urgent first.
   * @param except ids of deliveries to leave out
   */
  async retries(webhookId: string, except: readonly number[], now: number, limit: number): Promise<DueDelivery[]> {
    const rows = await this.#access.query((db) => {
      const query = due(db, webhookId, 'retry').where('next_at', '<=', now).orderBy('next_at').limit(limit);
      return (except.length === 0 ? query : query.where('deliveries.id', 'not in', except)).execute();
    });
    return rows.map(toDue);
  }

  /** Notes how attempts ended. One that another node has noted meanwhile stays as it is. */
  async note(outcomes: readonly AttemptOutcome[]): Promise<void> {
    await this.#access.transaction(async (db) => {
      for (const { delivery, at, status, error, nextAt, disables } of outcomes) {
        await db
          .updateTable('deliveries')
          .set({
            status: error === null ? 'delivered' : nextAt === null ? 'dead' : 'failed',
            attempts: delivery.attempts + 1,
            failures: error === null ? delivery.failures : delivery.failures + 1,
            next_at: nextAt,
            last_at: at,
            last_status: status,
            last_error: error,
            ended_at: nextAt === null ? at : null,
          })
          .where('id', '=', delivery.id)
          .where('attempts', '=', delivery.attempts)
          .execute();
        if (disables) await disable(db, disables, at);
      }
    });
  }

  /**
   * Deliveries of an endpoint, the latest first.
   * @param before the `position` of the last one of the page before; null: the first page
   */
  async list(
    webhookId: string,
    { status, before, limit }: { status: DeliveryStatus | null; before: number | null; limit: number },
  ): Promise<(Delivery & { readonly position: number })[]> {
    const rows = await this.#access.query((db) => {
      let query = db.selectFrom('deliveries').selectAll().where('webhook_id', '=', webhookId);
      if (status === 'delivered') query = query.where('status', '=', 'delivered');
      // SQL uses the index of deliveries that are not delivered only with these words.
      else if (status !== null) {
        query = query
          .where('status', '<>', sql.lit('delivered'))
          .where('status', 'in', status === 'failed' ? ['failed', 'dead'] : ['pending']);
      }
      if (before !== null) query = query.where('id', '<', before);
      return query.orderBy('id', 'desc').limit(limit).execute();
    });
    return rows.map((row) => ({ ...toDelivery(row), position: row.id }));
  }

  async find(webhookId: string, eventId: string): Promise<Delivery | null> {
    const row = await this.#access.query((db) =>
      db
        .selectFrom('deliveries')
        .selectAll()
        .where('webhook_id', '=', webhookId)
        .where('event_id', '=', eventId)
        .executeTakeFirst(),
    );
    return row ? toDelivery(row) : null;
  }

  /** Has a delivery tried again at once, whatever has become of it; the times between further attempts begin anew. */
  async retry(webhookId: string, eventId: string, now: number): Promise<void> {
    await this.#access.query((db) =>
      db
        .updateTable('deliveries')
        .set({ status: 'pending', failures: 0, next_at: now, ended_at: null })
        .where('webhook_id', '=', webhookId)
        .where('event_id', '=', eventId)
        .execute(),
    );
  }

  /** When the oldest open delivery of an endpoint began, ms since the epoch; null where none is open. */
  async oldestOpen(webhookId: string): Promise<number | null> {
    const [first, retried] = await Promise.all([
      this.#access.query((db) =>
        open(db, webhookId, 'first').select('created_at as at').orderBy('id').limit(1).executeTakeFirst(),
      ),
      this.#access.query((db) =>
        open(db, webhookId, 'retry')
          .select(({ fn }) => fn.min('created_at').as('at'))
          .executeTakeFirst(),
      ),
    ]);
    const [one, other] = [first?.at ?? null, retried?.at ?? null];
    return one === null || other === null ? (one ?? other) : Math.min(one, other);
  }

  /** Removes deliveries that ended before a time, ms since the epoch. @returns how many: with as many as `limit`, there may be more */
  async removeEnded(before: number, limit: number): Promise<number> {
    const { numDeletedRows } = await this.#access.query((db) =>
      db
        .deleteFrom('deliveries')
        .where('id', 'in', (from) =>
          from.selectFrom('deliveries').select('id').where('ended_at', '<', before).orderBy('ended_at').limit(limit),
        )
        .executeTakeFirst(),
    );
    return Number(numDeletedRows);
  }

  /**
   * Removes open deliveries from before a time, ms since the epoch, to endpoints that are no more, such as one that the
   * configuration had.
   * @param known ids of the endpoints that there are
   */
  async removeAbandoned(known: readonly string[], before: number, limit: number): Promise<void> {
    const rows = await this.#access.query((db) =>
      db.selectFrom('deliveries').select('webhook_id').distinct().where('status', '<>', sql.lit('delivered')).execute(),
    );
    for (const { webhook_id } of rows.filter((row) => !known.includes(row.webhook_id))) {
      await this.#access.query((db) =>
        db
          .deleteFrom('deliveries')
          .where('id', 'in', (from) =>
            from
              .selectFrom('deliveries')
              .select('id')
              .where('webhook_id', '=', webhook_id)
              .where('status', '<>', sql.lit('delivered'))
              .where('created_at', '<', before)
              .limit(limit),
          )
          .execute(),
      );
    }
  }

  /** Removes deliveries of an endpoint. @returns how many: with as many as `limit`, there may be more */
  async removeOf(webhookId: string, limit: number): Promise<number> {
    const { numDeletedRows } = await this.#access.query((db) =>
      db
        .deleteFrom('deliveries')
        .where('id', 'in', (from) =>
          from.selectFrom('deliveries').select('id').where('webhook_id', '=', webhookId).limit(limit),
        )
        .executeTakeFirst(),
    );
    return Number(numDeletedRows);
  }
}

/**
 * The deliveries of an endpoint that are not over. The constants stand in the text of the query: SQLite uses an index of a
 * part of the rows only where it can see there that it is the right part.
 */
function open(db: Kysely<Schema>, webhookId: string, which: 'first' | 'retry') {
  return db
    .selectFrom('deliveries')
    .where('webhook_id', '=', webhookId)
    .where('attempts', which === 'first' ? '=' : '>', sql.lit(0))
    .where('next_at', 'is not', null);
}

function due(db: Kysely<Schema>, webhookId: string, which: 'first' | 'retry') {
  return open(db, webhookId, which)
    .leftJoin('events', (join) =>
      join.onRef('events.workspace_id', '=', 'deliveries.workspace_id').onRef('events.seq', '=', 'deliveries.seq'),
    )
    .leftJoin('workspaces', 'workspaces.id', 'deliveries.workspace_id')
    .select([
      'deliveries.id',
      'deliveries.attempts',
      'deliveries.failures',
      'deliveries.event_id',
      'deliveries.type',
      'deliveries.workspace_id',
      'deliveries.seq',
      'deliveries.message',
      'events.at',
      'events.data',
      'workspaces.external_id',
    ]);
}

type DueRow = Awaited<ReturnType<ReturnType<typeof due>['execute']>>[number];

function toDue(row: DueRow): DueDelivery {
  const { id, attempts, failures, workspace_id: workspaceId } = row;
  const told = row.message === null ? fromEvents(row) : (JSON.parse(row.message) as { at: number; data: object });
  const workspace = workspaceId === '' ? null : { id: workspaceId, externalId: row.external_id };
  const event = told && { id: row.event_id, type: row.type, ...told, data: { ...told.data }, workspace, seq: row.seq };
  return { id, attempts, failures, workspaceId, event };
}

/** null where the records have forgotten the event. */
function fromEvents({ at, data }: DueRow): { at: number; data: object } | null {
  return at === null || data === null ? null : { at, data: JSON.parse(data) };
}

function toDelivery(row: Selectable<DeliveriesTable>): Delivery {
  return {
    event: { id: row.event_id, type: row.type },
    workspace: row.workspace_id === '' ? null : { id: row.workspace_id },
    seq: row.seq,
    status: row.status === 'dead' ? 'failed' : row.status,
    attempts: row.attempts,
    createdAt: row.created_at,
    lastAttemptAt: row.last_at,
    lastStatus: row.last_status,
    lastError: row.last_error,
    nextAttemptAt: row.next_at,
  };
}
