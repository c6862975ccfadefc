import type { Kysely } from 'kysely';
import type { Consultation } from '../domain/workspace.ts';
import type { Access } from './access.ts';
import { type Claim, claimFor } from './external-ids.ts';
import { isBehind, type Page, type Position, pageOf } from './page.ts';
import type { ConsultationsTable, Schema } from './schema.ts';

/** A consultation as the records have it. Times are in ms since the epoch. */
export interface RecordedConsultation extends Consultation {
  readonly workspaceId: string;
  readonly openedAt: number;
  readonly closedAt: number | null;
  /** The connected time of all its calls, in s, when it was closed. */
  readonly callSeconds: number;
}

/** A consultation by one of its names. */
type Wanted = { id: string } | { externalId: string } | { workspaceId: string };

/** Consultations that are asked for. */
interface ConsultationFilter {
  /** The user whom they concern. */
  readonly user?: string;
  readonly isOpen?: boolean | undefined;
  /** Those that were opened before this time, ms since the epoch. */
  readonly before?: number | undefined;
}

/** The place of the provider among the users of a consultation. The clients have the places behind it. */
export const PROVIDER = 0;

/** The clocks of nodes differ by less than this, ms. */
const CLOCKS_DIFFER_MS = 1000;

/** Consultations. Their rows are there before their workspaces, so that no two have the same id of the host system. */
export class Consultations {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /**
   * Enters a consultation that is about to begin, unless another one or another workspace has its id of the host system.
   * @returns the consultation that has it now; or the claim of the workspace that has it, and then nothing is entered
   * @throws RecordsAway
   */
  async enter(
    { provider, clients, ...consultation }: Consultation,
    workspaceId: string,
    now: number,
  ): Promise<RecordedConsultation | Claim> {
    const { id, externalId, subject } = consultation;
    return this.#access.transaction(async (db) => {
      const openedAt = await openingTime(db, [provider, ...clients], now);
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('consultations')
        .values({
          id,
          external_id: externalId,
          subject,
          workspace_id: workspaceId,
          opened_at: openedAt,
          closed_at: null,
          call_seconds: 0,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows === 1n) {
        const claim = externalId === null ? null : await claimFor(db, externalId, workspaceId, now);
        if (claim && claim.workspaceId !== workspaceId) {
          await db.deleteFrom('consultations').where('id', '=', id).execute();
          return claim;
        }
        const users = [provider, ...clients].map((user, place) => ({
          consultation_id: id,
          user_id: user.id,
          name: user.name,
          place,
          opened_at: openedAt,
        }));
        await db.insertInto('consultation_users').values(users).execute();
        return { ...consultation, provider, clients, workspaceId, openedAt, closedAt: null, callSeconds: 0 };
      }
      const known = externalId === null ? { id } : { externalId };
      return (await find(db, known)) as RecordedConsultation;
    });
  }

  /** @throws RecordsAway */
  get(wanted: Wanted): Promise<RecordedConsultation | null> {
    return this.#access.query((db) => find(db, wanted));
  }

  /** Consultations, the latest first. @param after the end of the page before @throws RecordsAway */
  page(
    { user, isOpen, before }: ConsultationFilter,
    { after = null, limit }: { after?: Position | null; limit: number },
  ): Promise<Page<RecordedConsultation>> {
    return this.#access.query(async (db) => {
      let query = db.selectFrom('consultations').selectAll();
      if (user !== undefined) query = query.where('id', 'in', ofUser(db, user, before));
      if (isOpen !== undefined) query = query.where('closed_at', isOpen ? 'is' : 'is not', null);
      if (before !== undefined) query = query.where('opened_at', '<', before);
      if (after !== null) query = query.where(isBehind('opened_at', after));
      const rows = await query
        .orderBy('opened_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      const { items, next } = pageOf(rows, limit, ({ opened_at: at, id }) => ({ at, id }));
      return { items: await withUsers(db, items), next };
    });
  }

  /** Closes a consultation whose workspace is gone without a word, such as with a store in memory. @throws RecordsAway */
  async close(id: string, closedAt: number): Promise<void> {
    await this.#access.query((db) => closeConsultation(db, { id, closedAt, callSeconds: 0 }));
  }
}

/** Notes that a consultation is closed. The first word counts. */
export async function closeConsultation(
  db: Kysely<Schema>,
  { id, closedAt, callSeconds }: { id: string; closedAt: number; callSeconds: number },
): Promise<void> {
  await db
    .updateTable('consultations')
    .set({ closed_at: closedAt, call_seconds: callSeconds })
    .where('id', '=', id)
    .where('closed_at', 'is', null)
    .execute();
}

async function find(db: Kysely<Schema>, wanted: Wanted): Promise<RecordedConsultation | null> {
  const [column, value] = nameOf(wanted);
  const rows = await db.selectFrom('consultations').selectAll().where(column, '=', value).execute();
  return (await withUsers(db, rows))[0] ?? null;
}

/**
 * The time of an opening, ms since the epoch: after that of each earlier consultation of its users, although the clock of
 * the node that opened that one may be ahead by some ms. So their order, and the pages of their lists, are right.
 */
async function openingTime(db: Kysely<Schema>, users: readonly { id: string }[], now: number): Promise<number> {
  const { latest } = await db
    .selectFrom('consultation_users')
    .select((select) => select.fn.max('opened_at').as('latest'))
    .where(
      'user_id',
      'in',
      users.map(({ id }) => id),
    )
    .where('opened_at', '>=', now)
    .where('opened_at', '<', now + CLOCKS_DIFFER_MS)
    .executeTakeFirstOrThrow();
  return latest === null ? now : latest + 1;
}

function nameOf(wanted: Wanted): ['id' | 'external_id' | 'workspace_id', string] {
  if ('id' in wanted) return ['id', wanted.id];
  return 'externalId' in wanted ? ['external_id', wanted.externalId] : ['workspace_id', wanted.workspaceId];
}

/** The ids of the consultations that concern a user; of those that were opened before a time, where one is given. */
function ofUser(db: Kysely<Schema>, user: string, before: number | undefined) {
  const ids = db.selectFrom('consultation_users').select('consultation_id').where('user_id', '=', user);
  return before === undefined ? ids : ids.where('opened_at', '<', before);
}

async function withUsers(db: Kysely<Schema>, rows: readonly ConsultationsTable[]): Promise<RecordedConsultation[]> {
  if (rows.length === 0) return [];
  const users = await db
    .selectFrom('consultation_users')
    .selectAll()
    .where(
      'consultation_id',
      'in',
      rows.map(({ id }) => id),
    )
    .orderBy('place')
    .execute();
  return rows.map((row) => {
    const own = users.filter(({ consultation_id }) => consultation_id === row.id);
    const names = own.map(({ user_id, name, place }) => ({ id: user_id, name, place }));
    const provider = names.find(({ place }) => place === PROVIDER) ?? { id: '', name: '' };
    return {
      id: row.id,
      externalId: row.external_id,
      subject: row.subject,
      provider: { id: provider.id, name: provider.name },
      clients: names.filter(({ place }) => place !== PROVIDER).map(({ id, name }) => ({ id, name })),
      workspaceId: row.workspace_id,
      openedAt: row.opened_at,
      closedAt: row.closed_at,
      callSeconds: row.call_seconds,
    };
  });
}
