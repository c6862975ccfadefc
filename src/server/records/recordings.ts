import type { Kysely, Transaction } from 'kysely';
import { REMOVED } from '../domain/erasure.ts';
import type { Access } from './access.ts';
import { eraseFromFilms } from './films.ts';
import { type Move, movesDuring } from './moves.ts';
import { isBehind, type Page, type Position, pageOf } from './page.ts';
import type { RecordingsTable, Schema } from './schema.ts';

export type RecordingState = RecordingsTable['state'];

/** A recording as the records have it. Times are in ms since the epoch. */
export interface RecordingRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly callId: string;
  readonly externalId: string | null;
  /** The attendee who started it; null: a host system did. */
  readonly startedBy: string | null;
  readonly startedAt: number;
  readonly stoppedAt: number | null;
  /** When it was known which of its parts are whole; null: not yet. */
  readonly settledAt: number | null;
  readonly state: RecordingState;
}

/** What an attendee has said about being recorded. */
export interface ConsentRecord {
  readonly attendee: string;
  readonly user: string | null;
  readonly name: string;
  readonly given: boolean;
  /** The version of the text that the attendee has read. */
  readonly text: string;
  /** ms since the epoch */
  readonly at: number;
}

export interface RecordingFilter {
  readonly workspaceId?: string | undefined;
  /** Those of a workspace that this attendee owned. */
  readonly ownerAttendee?: string | undefined;
  /** Those of a workspace that this user owned. */
  readonly ownerUser?: string | undefined;
  readonly state?: RecordingState | undefined;
  /** Those that began since then, ms since the epoch. */
  readonly since?: number | undefined;
}

/** Recordings, and who has agreed to them. `Records.take` writes how they begin and end. */
export class Recordings {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** @returns null where there is none, or it is being deleted @throws RecordsAway */
  async get(id: string): Promise<RecordingRecord | null> {
    const row = await this.#access.query((db) =>
      db.selectFrom('recordings').selectAll().where('id', '=', id).where('state', '!=', 'deleted').executeTakeFirst(),
    );
    return row ? recordingOf(row) : null;
  }

  /** Recordings, those first that began last. @param after the end of the page before @throws RecordsAway */
  async page(
    { workspaceId, ownerAttendee, ownerUser, state, since }: RecordingFilter,
    { after = null, limit }: { after?: Position | null; limit: number },
  ): Promise<Page<RecordingRecord>> {
    const rows = await this.#access.query((db) => {
      let query = db.selectFrom('recordings').selectAll().where('state', '!=', 'deleted');
      if (workspaceId !== undefined) query = query.where('workspace_id', '=', workspaceId);
      if (ownerAttendee !== undefined) query = query.where('owner_attendee', '=', ownerAttendee);
      if (ownerUser !== undefined) query = query.where('owner_user', '=', ownerUser);
      if (state !== undefined) query = query.where('state', '=', state);
      if (since !== undefined) query = query.where('started_at', '>=', since);
      if (after !== null) query = query.where(isBehind('started_at', after));
      return query
        .orderBy('started_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
    });
    return pageOf(rows.map(recordingOf), limit, ({ startedAt, id }) => ({ at: startedAt, id }));
  }

  /** Who left, was removed, or came back while a recording was on, in their order. @throws RecordsAway */
  moves(recording: Pick<RecordingRecord, 'workspaceId' | 'startedAt' | 'stoppedAt'>): Promise<Move[]> {
    return this.#access.query((db) => movesDuring(db, recording));
  }

  /** What was said about being recorded, in its order. @throws RecordsAway */
  async consents(recordingId: string): Promise<ConsentRecord[]> {
    const rows = await this.#access.query((db) =>
      db
        .selectFrom('recording_consents')
        .selectAll()
        .where('recording_id', '=', recordingId)
        .orderBy('at')
        // Ids of one workspace end with their number, so a longer one is later.
        .orderBy(({ fn }) => fn<number>('length', ['event_id']))
        .orderBy('event_id')
        .execute(),
    );
    return rows.map((row) => ({
      attendee: row.attendee_id,
      user: row.user_id,
      name: row.name,
      given: row.given === 1,
      text: row.text,
      at: row.at,
    }));
  }

  /** Recordings of a state, the oldest first, which began before a time, ms since the epoch. @throws RecordsAway */
  async inState(state: RecordingState, before: number, limit: number): Promise<RecordingRecord[]> {
    const rows = await this.#access.query((db) =>
      db
        .selectFrom('recordings')
        .selectAll()
        .where('state', '=', state)
        .where('started_at', '<', before)
        .orderBy('started_at')
        .limit(limit)
        .execute(),
    );
    return rows.map(recordingOf);
  }

  /** Recordings that were over before a time, ms since the epoch, and are not settled; those first that ended first. @throws RecordsAway */
  async unsettled(before: number, limit: number): Promise<RecordingRecord[]> {
    const rows = await this.#access.query((db) =>
      db
        .selectFrom('recordings')
        .selectAll()
        .where('state', '=', 'uploading')
        .where('stopped_at', '<', before)
        .orderBy('stopped_at')
        .limit(limit)
        .execute(),
    );
    return rows.map(recordingOf);
  }

  /** Recordings that are settled, and began before a time, ms since the epoch. @throws RecordsAway */
  async old(before: number, limit: number): Promise<string[]> {
    const rows = await this.#access.query((db) =>
      db
        .selectFrom('recordings')
        .select('id')
        .where('state', 'in', ['completed', 'partly', 'failed'])
        .where('started_at', '<', before)
        .limit(limit)
        .execute(),
    );
    return rows.map(({ id }) => id);
  }

  /** Ends a recording whose workspace is gone without a word, such as with a store in memory. @throws RecordsAway */
  async stop(id: string, stoppedAt: number): Promise<void> {
    await this.#access.query((db) =>
      db
        .updateTable('recordings')
        .set({ state: 'uploading', stopped_at: stoppedAt })
        .where('id', '=', id)
        .where('state', '=', 'recording')
        .execute(),
    );
  }

  /** Takes a recording out of all lists. Its rows go when its files are gone. @throws RecordsAway */
  async markDeleted(id: string): Promise<void> {
    await this.#access.transaction(async (db) => {
      await db.updateTable('recordings').set({ state: 'deleted' }).where('id', '=', id).execute();
      await db.updateTable('recording_parts').set({ state: 'erasing' }).where('recording_id', '=', id).execute();
    });
  }

  /** Deletes the rows of a recording. @throws RecordsAway */
  async remove(id: string): Promise<void> {
    await this.#access.transaction(async (db) => {
      await db.deleteFrom('recording_consents').where('recording_id', '=', id).execute();
      await db.deleteFrom('recording_parts').where('recording_id', '=', id).execute();
      await db.deleteFrom('recording_films').where('recording_id', '=', id).execute();
      await db.deleteFrom('recordings').where('id', '=', id).execute();
    });
  }
}

/** Takes the name of a user out of recordings, has the files of that user's parts erased, and leaves the user the list of none. */
export async function eraseFromRecordings(db: Transaction<Schema>, user: string): Promise<void> {
  await eraseFromFilms(db, user);
  await db
    .updateTable('recording_parts')
    .set({ state: 'erasing', name: REMOVED })
    .where('user_id', '=', user)
    .where('state', '!=', 'erased')
    .execute();
  await db.updateTable('recording_consents').set({ name: REMOVED }).where('user_id', '=', user).execute();
  await db
    .updateTable('recordings')
    .set({ owner_attendee: null, owner_user: null })
    .where('owner_user', '=', user)
    .execute();
}

/** The recordings of a workspace that are on, for one that is lost. */
export async function recordingsOn(db: Kysely<Schema>, workspaceId: string): Promise<RecordingRecord[]> {
  const rows = await db
    .selectFrom('recordings')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('state', '=', 'recording')
    .execute();
  return rows.map(recordingOf);
}

function recordingOf(row: RecordingsTable): RecordingRecord {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    callId: row.call_id,
    externalId: row.external_id,
    startedBy: row.started_by,
    startedAt: row.started_at,
    stoppedAt: row.stopped_at,
    settledAt: row.settled_at,
    state: row.state,
  };
}
