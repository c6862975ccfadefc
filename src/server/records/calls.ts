import type { EventParticipant, Metadata } from '../domain/events.ts';
import type { Access } from './access.ts';
import { isBehind, type Page, type Position, pageOf } from './page.ts';
import type { CallParticipantsTable, CallsTable } from './schema.ts';

/** A call that is on or was. Times are in ms since the epoch, and null where they are not known yet. */
export interface CallRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly clientCallId: string;
  readonly startedAt: number;
  readonly connectedAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: string | null;
  readonly durationSeconds: number | null;
  readonly billableSeconds: number | null;
  readonly participants: readonly CallParticipant[];
  readonly externalId: string | null;
  readonly metadata: Metadata;
}

/** The part of an attendee in a call. While the call is on, somebody who came back has several. */
type CallParticipant = Pick<EventParticipant, 'attendee' | 'user' | 'joinedAt'> & {
  readonly leftAt: number | null;
  readonly seconds: number | null;
};

export interface CallFilter {
  readonly status?: 'active' | 'ended';
  /** Calls that ended since then, in ms since the epoch; of those that are on, the ones that began since then. */
  readonly since?: number;
  readonly workspaceId?: string;
}

/** Calls that are on, and calls that were. `Records.take` writes them. */
export class Calls {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** @throws RecordsAway */
  get(id: string): Promise<CallRecord | null> {
    return this.#access.query(async (db) => {
      const row = await db.selectFrom('calls').selectAll().where('id', '=', id).executeTakeFirst();
      if (!row) return null;
      const participants = await db
        .selectFrom('call_participants')
        .selectAll()
        .where('call_id', '=', id)
        .orderBy('joined_at')
        .execute();
      return callOf(row, participants);
    });
  }

  /** Calls, those first that began last. @param after the end of the page before @throws RecordsAway */
  async page(
    { status, since, workspaceId }: CallFilter,
    { after = null, limit }: { after?: Position | null; limit: number },
  ): Promise<Page<CallRecord>> {
    const calls = await this.#access.query(async (db) => {
      let query = db.selectFrom('calls').selectAll();
      if (status === 'active') query = query.where('ended_at', 'is', null);
      if (status === 'ended') query = query.where('ended_at', 'is not', null);
      if (workspaceId !== undefined) query = query.where('workspace_id', '=', workspaceId);
      if (since !== undefined)
        query = query.where(({ eb, fn }) => eb(fn.coalesce('ended_at', 'started_at'), '>=', since));
      if (after !== null) query = query.where(isBehind('started_at', after));
      const rows = await query
        .orderBy('started_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      if (rows.length === 0) return [];
      const participants = await db
        .selectFrom('call_participants')
        .selectAll()
        .where(
          'call_id',
          'in',
          rows.map(({ id }) => id),
        )
        .orderBy('joined_at')
        .execute();
      return rows.map((row) =>
        callOf(
          row,
          participants.filter(({ call_id }) => call_id === row.id),
        ),
      );
    });
    return pageOf(calls, limit, ({ startedAt, id }) => ({ at: startedAt, id }));
  }
}

function callOf(row: CallsTable, participants: readonly CallParticipantsTable[]): CallRecord {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    clientCallId: row.client_call_id,
    startedAt: row.started_at,
    connectedAt: row.connected_at,
    endedAt: row.ended_at,
    endReason: row.end_reason,
    durationSeconds: row.duration_seconds,
    billableSeconds: row.billable_seconds,
    participants: participants.map((one) => ({
      attendee: { id: one.attendee_id },
      user: one.user_id === null ? null : { id: one.user_id },
      joinedAt: one.joined_at,
      leftAt: one.left_at,
      seconds: one.seconds,
    })),
    externalId: row.external_id,
    metadata: JSON.parse(row.metadata),
  };
}
