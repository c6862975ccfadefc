import type { Access } from './access.ts';
import type { RecordingPartsTable } from './schema.ts';
import { lockRecording, reopen } from './settle-recording.ts';

/** Parts of one attendee: a client that begins more is broken, or means harm, and takes no room from others. */
const MOST_OWN_PARTS = 1000;

/** Parts of one recording. */
const MOST_PARTS = 10_000;

export type PartState = RecordingPartsTable['state'];

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

/** The parts of recordings, each of them an upload. */
export class RecordingParts {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** The parts of recordings, in their order. @throws RecordsAway */
  async of(recordings: readonly string[]): Promise<PartRecord[]> {
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

  /**
   * Begins a part, or finds the one that the attendee has begun with the same id. A recording that was settled is so no more.
   * @param now ms since the epoch
   * @returns `unknown`: there is no such recording here; `full`: the attendee, or everybody together, has begun too many
   * @throws RecordsAway
   */
  begin(part: NewPart, now: number): Promise<PartRecord | 'unknown' | 'full'> {
    return this.#access.transaction(async (db) => {
      const state = await lockRecording(db, part.recordingId);
      if (state === null || state === 'deleted') return 'unknown';
      const known = await db
        .selectFrom('recording_parts')
        .selectAll()
        .where('recording_id', '=', part.recordingId)
        .where('attendee_id', '=', part.attendee)
        .where('part', '=', part.part)
        .executeTakeFirst();
      if (known) return partOf(known);
      const counted = await db
        .selectFrom('recording_parts')
        .select(({ fn, eb }) => [
          fn.max('n').as('n'),
          fn
            .countAll<number>()
            .filterWhere(eb('attendee_id', '=', part.attendee))
            .as('own'),
        ])
        .where('recording_id', '=', part.recordingId)
        .executeTakeFirst();
      const n = (counted?.n ?? 0) + 1;
      if (n > MOST_PARTS || (counted?.own ?? 0) >= MOST_OWN_PARTS) return 'full';
      const row = newRow(part, n, now);
      await db.insertInto('recording_parts').values(row).execute();
      if (state !== 'recording') await reopen(db, part.recordingId);
      return partOf(row);
    });
  }

  /** @param id that of its upload @throws RecordsAway */
  async get(id: string): Promise<PartRecord | null> {
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
