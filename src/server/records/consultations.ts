import type { Kysely } from 'kysely';
import type { Consultation } from '../domain/workspace.ts';
import type { Access } from './access.ts';
import { type Page, type Position, pageOf } from './page.ts';
import type { ConsultationsTable, Schema } from './schema.ts';

/** A consultation as the records have it. Times are in ms since the epoch. */
export interface RecordedConsultation extends Consultation {
  readonly workspaceId: string;
  readonly openedAt: number;
  readonly closedAt: number | null;
  /** The connected time of all its calls, in s, when it was closed. */
  readonly callSeconds: number;
}

/** Consultations of a user that are asked for. */
export interface ConsultationFilter {
  readonly user: string;
  readonly isOpen?: boolean | undefined;
  /** Those that were opened before this time, ms since the epoch. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** The place of the provider among the users of a consultation. The clients have the places behind it. */
const PROVIDER = 0;

/** Consultations. Their rows are there before their workspaces, so that no two have the same id of the host system. */
export class Consultations {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /**
   * Enters a consultation that is about to begin, unless another one has its id of the host system.
   * @returns the one that has it now
   * @throws RecordsAway
   */
  async enter(
    { provider, clients, ...consultation }: Consultation,
    workspaceId: string,
    now: number,
  ): Promise<RecordedConsultation> {
    const { id, externalId, subject } = consultation;
    return this.#access.transaction(async (db) => {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('consultations')
        .values({
          id,
          external_id: externalId,
          subject,
          workspace_id: workspaceId,
          opened_at: now,
          closed_at: null,
          call_seconds: 0,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows === 1n) {
        const users = [provider, ...clients].map((user, place) => ({
          consultation_id: id,
          user_id: user.id,
          name: user.name,
          place,
          opened_at: now,
        }));
        await db.insertInto('consultation_users').values(users).execute();
        return { ...consultation, provider, clients, workspaceId, openedAt: now, closedAt: null, callSeconds: 0 };
      }
      const known = externalId === null ? { id } : { externalId };
      return (await find(db, known)) as RecordedConsultation;
    });
  }

  /** @throws RecordsAway */
  get(wanted: { id: string } | { externalId: string }): Promise<RecordedConsultation | null> {
    return this.#access.query((db) => find(db, wanted));
  }

  /** Consultations, the latest first. @throws RecordsAway */
  async page({ user, isOpen, before, limit }: ConsultationFilter): Promise<{
    items: RecordedConsultation[];
    more: boolean;
  }> {
    return this.#access.query(async (db) => {
      const rows = await db
        .selectFrom('consultations')
        .selectAll()
        .where('id', 'in', (inner) =>
          inner.selectFrom('consultation_users').select('consultation_id').where('user_id', '=', user),
        )
        .$if(isOpen !== undefined, (query) => query.where('closed_at', isOpen ? 'is' : 'is not', null))
        .$if(before !== undefined, (query) => query.where('opened_at', '<', before as number))
        .orderBy('opened_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      return { items: await withUsers(db, rows.slice(0, limit)), more: rows.length > limit };
    });
  }

  /** Consultations of everybody, the latest first. @param after the end of the page before @throws RecordsAway */
  async list(
    { isOpen }: { isOpen?: boolean | undefined },
    { after, limit }: { after: Position | null; limit: number },
  ): Promise<Page<RecordedConsultation>> {
    return this.#access.query(async (db) => {
      const rows = await db
        .selectFrom('consultations')
        .selectAll()
        .$if(isOpen !== undefined, (query) => query.where('closed_at', isOpen ? 'is' : 'is not', null))
        .$if(after !== null, (query) =>
          query.where(({ eb, and, or }) => {
            const { at, id } = after as Position;
            return or([eb('opened_at', '<', at), and([eb('opened_at', '=', at), eb('id', '<', id)])]);
          }),
        )
        .orderBy('opened_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(await withUsers(db, rows), limit, ({ openedAt, id }) => ({ at: openedAt, id }));
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

async function find(
  db: Kysely<Schema>,
  wanted: { id: string } | { externalId: string },
): Promise<RecordedConsultation | null> {
  const rows = await db
    .selectFrom('consultations')
    .selectAll()
    .$if('id' in wanted, (query) => query.where('id', '=', (wanted as { id: string }).id))
    .$if('externalId' in wanted, (query) =>
      query.where('external_id', '=', (wanted as { externalId: string }).externalId),
    )
    .execute();
  return (await withUsers(db, rows))[0] ?? null;
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
