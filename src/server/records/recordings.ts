import type { Kysely, Transaction } from 'kysely';
import { REMOVED } from '../domain/erasure.ts';
import type { Access } from './access.ts';
import { recordSettled } from './delivery-projection.ts';
import { settledId } from './event-id.ts';
import { eraseFromFilms } from './films.ts';
import { isBehind, type Page, type Position, pageOf } from './page.ts';
import type { RecordingPartsTable, RecordingsTable, Schema } from './schema.ts';

/** Parts of one recording: a client that begins more is broken. */
const MOST_PARTS = 1000;

export type RecordingState = RecordingsTable['state'];
export type PartState = RecordingPartsTable['state'];

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

/** A part of a recording: one run of a recorder of one attendee. Times are in ms since the epoch. */
export interface PartRecord {
  /** The id of its upload. */
  readonly id: string;
  readonly recordingId: string;
  /** From 1, in the order in which the parts of the recording were begun. */
  readonly n: number;
  readonly attendee: string;
  readonly user: string | null;
  readonly name: string;
  /** The client's own id of it. */
  readonly part: string;
  readonly mimeType: string;
  readonly source: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** As the client has declared them; null: not yet. */
  readonly declaredBytes: number | null;
  /** Null while it is uploaded. */
  readonly bytes: number | null;
  readonly sha256: string | null;
  readonly state: PartState;
}

export type NewPart = Omit<PartRecord, 'n' | 'endedAt' | 'declaredBytes' | 'bytes' | 'sha256' | 'state'>;

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
  readonly state?: RecordingState | undefined;
  /** Those that began since then, ms since the epoch. */
  readonly since?: number | undefined;
}

/** Recordings, their parts, and who has agreed. `Records.take` writes how they begin and end. */
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
    { workspaceId, state, since }: RecordingFilter,
    { after = null, limit }: { after?: Position | null; limit: number },
  ): Promise<Page<RecordingRecord>> {
    const rows = await this.#access.query((db) => {
      let query = db.selectFrom('recordings').selectAll().where('state', '!=', 'deleted');
      if (workspaceId !== undefined) query = query.where('workspace_id', '=', workspaceId);
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

  /** The parts of recordings, in their order. @throws RecordsAway */
  async parts(recordings: readonly string[]): Promise<PartRecord[]> {
    if (recordings.length === 0) return [];
    const rows = await this.#access.query((db) =>
      db
        .selectFrom('recording_parts')
        .selectAll()
        .where('recording_id', 'in', [...recordings])
        .orderBy('n')
        .execute(),
    );
    return rows.map(partOf);
  }

  /** What was said about being recorded, in its order. @throws RecordsAway */
  async consents(recordingId: string): Promise<ConsentRecord[]> {
    const rows = await this.#access.query((db) =>
      db
        .selectFrom('recording_consents')
        .selectAll()
        .where('recording_id', '=', recordingId)
        .orderBy('at')
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

  /**
   * Begins a part, or finds the one that the attendee has begun with the same id. A recording that was settled is so no more.
   * @param now ms since the epoch
   * @returns `unknown`: there is no such recording here; `full`: it has too many parts
   * @throws RecordsAway
   */
  begin(part: NewPart, now: number): Promise<PartRecord | 'unknown' | 'full'> {
    return this.#access.transaction(async (db) => {
      const state = await lock(db, part.recordingId);
      if (state === null || state === 'deleted') return 'unknown';
      const known = await db
        .selectFrom('recording_parts')
        .selectAll()
        .where('recording_id', '=', part.recordingId)
        .where('attendee_id', '=', part.attendee)
        .where('part', '=', part.part)
        .executeTakeFirst();
      if (known) return partOf(known);
      const last = await db
        .selectFrom('recording_parts')
        .select(({ fn }) => fn.max('n').as('n'))
        .where('recording_id', '=', part.recordingId)
        .executeTakeFirst();
      const n = (last?.n ?? 0) + 1;
      if (n > MOST_PARTS) return 'full';
      const row = newRow(part, n, now);
      await db.insertInto('recording_parts').values(row).execute();
      if (state !== 'recording') await reopen(db, part.recordingId);
      return partOf(row);
    });
  }

  /** @param id that of its upload @throws RecordsAway */
  async part(id: string): Promise<PartRecord | null> {
    const row = await this.#access.query((db) =>
      db.selectFrom('recording_parts').selectAll().where('id', '=', id).executeTakeFirst(),
    );
    return row ? partOf(row) : null;
  }

  /** Notes how long an upload will be. @throws RecordsAway */
  async declare(id: string, bytes: number): Promise<void> {
    await this.#access.query((db) =>
      db
        .updateTable('recording_parts')
        .set({ declared_bytes: bytes })
        .where('id', '=', id)
        .where('declared_bytes', 'is', null)
        .execute(),
    );
  }

  /** Notes when the run of the recorder ended, ms since the epoch. The first word counts. @throws RecordsAway */
  async noteEnd(id: string, endedAt: number): Promise<void> {
    await this.#access.query((db) =>
      db
        .updateTable('recording_parts')
        .set({ ended_at: endedAt })
        .where('id', '=', id)
        .where('ended_at', 'is', null)
        .execute(),
    );
  }

  /** Notes what has become of an upload. A part that was erased meanwhile stays so. @throws RecordsAway */
  async finish(id: string, result: { state: PartState; bytes: number; sha256: string | null }): Promise<void> {
    await this.#access.query((db) =>
      db.updateTable('recording_parts').set(result).where('id', '=', id).where('state', '=', 'uploading').execute(),
    );
  }

  /** Uploads that are under way. @param after the last id of the page before; '' for the first @throws RecordsAway */
  async uploading(after: string, limit: number): Promise<PartRecord[]> {
    const rows = await this.#access.query((db) =>
      db
        .selectFrom('recording_parts')
        .selectAll()
        .where('state', '=', 'uploading')
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute(),
    );
    return rows.map(partOf);
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

  /** Parts whose files have to go. @throws RecordsAway */
  async erasing(limit: number): Promise<PartRecord[]> {
    const rows = await this.#access.query((db) =>
      db.selectFrom('recording_parts').selectAll().where('state', '=', 'erasing').limit(limit).execute(),
    );
    return rows.map(partOf);
  }

  /** Notes that the file of a part is gone. @throws RecordsAway */
  async noteErased(id: string): Promise<void> {
    await this.#access.query((db) =>
      db
        .updateTable('recording_parts')
        .set({ state: 'erased', bytes: null, sha256: null })
        .where('id', '=', id)
        .where('state', '=', 'erasing')
        .execute(),
    );
  }
}

/**
 * Says what has become of a recording that has ended, once none of its parts is under way any more; endpoints of webhooks
 * hear it.
 * @param configured ids of the endpoints of the configuration
 * @param now ms since the epoch
 * @returns whether it was settled now, and whether there is anything to deliver
 */
export async function settleRecording(
  db: Transaction<Schema>,
  id: string,
  { configured, now }: { configured: readonly string[]; now: number },
): Promise<{ state: RecordingState | null; hasDeliveries: boolean }> {
  const unsettled = { state: null, hasDeliveries: false };
  if ((await lock(db, id)) !== 'uploading') return unsettled;
  const parts = await db.selectFrom('recording_parts').selectAll().where('recording_id', '=', id).execute();
  if (parts.some(({ state }) => state === 'uploading')) return unsettled;
  const missing = parts.filter(({ state }) => state === 'partial' || state === 'lost').length;
  const whole = parts.filter(({ state }) => state === 'complete');
  const isEmpty = whole.length === 0 && parts.every(({ state }) => state !== 'partial');
  const state = missing === 0 ? 'completed' : isEmpty ? 'failed' : 'partly';
  const row = await db
    .updateTable('recordings')
    .set({ state, settled_at: now })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const data = {
    recording: { id },
    call: { id: row.call_id },
    startedAt: row.started_at,
    stoppedAt: row.stopped_at,
    parts: whole.length,
    missing,
    bytes: parts.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
  };
  const type = state === 'completed' ? 'recording.completed' : 'recording.failed';
  const settled = { id: settledId(id, parts.length), workspaceId: row.workspace_id, type, at: now, data } as const;
  const hasDeliveries = await recordSettled(db, settled, configured);
  return { state, hasDeliveries };
}

/** A part has come after the recording was settled. */
async function reopen(db: Transaction<Schema>, id: string): Promise<void> {
  await db.updateTable('recordings').set({ state: 'uploading', settled_at: null }).where('id', '=', id).execute();
}

/** Locks the row of a recording until the transaction ends. @returns its state; null where there is none */
async function lock(db: Transaction<Schema>, id: string): Promise<RecordingState | null> {
  const row = await db
    .updateTable('recordings')
    .set(({ ref }) => ({ state: ref('state') }))
    .where('id', '=', id)
    .returning('state')
    .executeTakeFirst();
  return row?.state ?? null;
}

/** Takes the name of a user out of recordings, and has the files of that user's parts erased. */
export async function eraseFromRecordings(db: Transaction<Schema>, user: string): Promise<void> {
  await eraseFromFilms(db, user);
  await db
    .updateTable('recording_parts')
    .set({ state: 'erasing', name: REMOVED })
    .where('user_id', '=', user)
    .where('state', '!=', 'erased')
    .execute();
  await db.updateTable('recording_consents').set({ name: REMOVED }).where('user_id', '=', user).execute();
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

function newRow(part: NewPart, n: number, now: number): RecordingPartsTable {
  return {
    id: part.id,
    recording_id: part.recordingId,
    n,
    attendee_id: part.attendee,
    user_id: part.user,
    name: part.name,
    part: part.part,
    mime_type: part.mimeType,
    source: part.source,
    started_at: part.startedAt,
    ended_at: null,
    created_at: now,
    declared_bytes: null,
    bytes: null,
    sha256: null,
    state: 'uploading',
  };
}

function partOf(row: RecordingPartsTable): PartRecord {
  return {
    id: row.id,
    recordingId: row.recording_id,
    n: row.n,
    attendee: row.attendee_id,
    user: row.user_id,
    name: row.name,
    part: row.part,
    mimeType: row.mime_type,
    source: row.source,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    declaredBytes: row.declared_bytes,
    bytes: row.bytes,
    sha256: row.sha256,
    state: row.state,
  };
}
