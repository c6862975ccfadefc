import type { Transaction } from 'kysely';
import type { Access } from './access.ts';
import type { RecordingFilmsTable, Schema } from './schema.ts';

export type FilmState = RecordingFilmsTable['state'];

/** The film of a recording. Times are in ms since the epoch. */
export interface FilmRecord {
  readonly recordingId: string;
  /** The name of its file. */
  readonly id: string;
  readonly state: FilmState;
  /** The parts that it was made of, as `madeOf` writes them; null: it is not made yet. */
  readonly madeOf: string | null;
  readonly attempts: number;
  /** When its first picture was. */
  readonly startedAt: number | null;
  readonly durationMs: number | null;
  readonly bytes: number | null;
  readonly sha256: string | null;
  /** Why there is none yet, as a sentence. */
  readonly problem: string | null;
}

/** What is known of a film that is whole. */
export type FinishedFilm = Required<{
  [Key in 'madeOf' | 'startedAt' | 'durationMs' | 'bytes' | 'sha256']: NonNullable<FilmRecord[Key]>;
}>;

/** The films of recordings, one each at the most. */
export class Films {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** @throws RecordsAway */
  async of(recordings: readonly string[]): Promise<FilmRecord[]> {
    if (recordings.length === 0) return [];
    const rows = await this.#access.query((db) =>
      db
        .selectFrom('recording_films')
        .selectAll()
        .where('recording_id', 'in', [...recordings])
        .execute(),
    );
    return rows.map(filmOf);
  }

  /** @throws RecordsAway */
  async get(recordingId: string): Promise<FilmRecord | null> {
    return (await this.of([recordingId]))[0] ?? null;
  }

  /** @param id the name of its file @throws RecordsAway */
  async byId(id: string): Promise<FilmRecord | null> {
    const row = await this.#access.query((db) =>
      db.selectFrom('recording_films').selectAll().where('id', '=', id).executeTakeFirst(),
    );
    return row ? filmOf(row) : null;
  }

  /** Recordings with something in them that have become settled since then and have no film. @param since ms since the epoch @throws RecordsAway */
  async missing(since: number, limit: number): Promise<string[]> {
    const rows = await this.#access.query((db) =>
      db
        .selectFrom('recordings')
        .select('id')
        .where('state', 'in', ['completed', 'partly'])
        .where('settled_at', '>=', since)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('recording_films')
                .select('recording_films.id')
                .whereRef('recording_films.recording_id', '=', 'recordings.id'),
            ),
          ),
        )
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom('recording_parts')
              .select('recording_parts.id')
              .whereRef('recording_parts.recording_id', '=', 'recordings.id')
              .where('recording_parts.state', 'in', ['complete', 'partial']),
          ),
        )
        .limit(limit)
        .execute(),
    );
    return rows.map(({ id }) => id);
  }

  /** Has a film made of a recording, unless it has one. @param now ms since the epoch @throws RecordsAway */
  async want(recordingId: string, id: string, now: number): Promise<void> {
    await this.#access.query((db) =>
      db
        .insertInto('recording_films')
        .values({
          recording_id: recordingId,
          id,
          state: 'waiting',
          made_of: null,
          attempts: 0,
          next_at: now,
          started_at: null,
          duration_ms: null,
          bytes: null,
          sha256: null,
          problem: null,
        })
        .onConflict((conflict) => conflict.column('recording_id').doNothing())
        .execute(),
    );
  }

  /**
   * Films to make now, those first that have waited longest; and those that somebody makes, or made when a death came
   * between.
   * @param now ms since the epoch @throws RecordsAway
   */
  async due(now: number, limit: number): Promise<FilmRecord[]> {
    const rows = await this.#access.query((db) =>
      db
        .selectFrom('recording_films')
        .selectAll()
        .where('state', 'in', ['waiting', 'composing'])
        .where('next_at', '<=', now)
        .orderBy('next_at')
        .limit(limit)
        .execute(),
    );
    return rows.map(filmOf);
  }

  /** Notes that a film is begun. @returns which attempt it is; null: nobody wants the film any more @throws RecordsAway */
  async begin(id: string): Promise<number | null> {
    const rows = await this.#access.query((db) =>
      db
        .updateTable('recording_films')
        .set(({ eb }) => ({ state: 'composing', attempts: eb('attempts', '+', 1) }))
        .where('id', '=', id)
        .where('state', 'in', ['waiting', 'composing'])
        .returning('attempts')
        .execute(),
    );
    return rows[0]?.attempts ?? null;
  }

  /** Notes that a film is whole. @returns false where nobody wants it any more @throws RecordsAway */
  async finish(id: string, film: FinishedFilm): Promise<boolean> {
    const rows = await this.#access.query((db) =>
      db
        .updateTable('recording_films')
        .set({
          state: 'complete',
          made_of: film.madeOf,
          next_at: null,
          started_at: film.startedAt,
          duration_ms: film.durationMs,
          bytes: film.bytes,
          sha256: film.sha256,
          problem: null,
        })
        .where('id', '=', id)
        .where('state', '=', 'composing')
        .returning('id')
        .execute(),
    );
    return rows.length > 0;
  }

  /** Notes why a film was not made. @param nextAt when to try again, ms since the epoch; null: never @throws RecordsAway */
  async postpone(id: string, { problem, nextAt }: { problem: string; nextAt: number | null }): Promise<void> {
    await this.#access.query((db) =>
      db
        .updateTable('recording_films')
        .set({ state: nextAt === null ? 'failed' : 'waiting', problem, next_at: nextAt })
        .where('id', '=', id)
        .where('state', '=', 'composing')
        .execute(),
    );
  }

  /** Notes that a film was interrupted, such as by the end of the server, through no fault of its own. @throws RecordsAway */
  async interrupt(id: string): Promise<void> {
    await this.#access.query((db) =>
      db
        .updateTable('recording_films')
        .set(({ eb }) => ({ state: 'waiting', attempts: eb('attempts', '-', 1) }))
        .where('id', '=', id)
        .where('state', '=', 'composing')
        .execute(),
    );
  }

  /** Has the file of a film deleted, which is no longer that of its parts. @throws RecordsAway */
  async discard(recordingId: string): Promise<void> {
    await this.#access.query((db) =>
      db.updateTable('recording_films').set({ state: 'erasing' }).where('recording_id', '=', recordingId).execute(),
    );
  }

  /** Films whose files have to go. @throws RecordsAway */
  async erasing(limit: number): Promise<FilmRecord[]> {
    const rows = await this.#access.query((db) =>
      db.selectFrom('recording_films').selectAll().where('state', '=', 'erasing').limit(limit).execute(),
    );
    return rows.map(filmOf);
  }

  /** Forgets a film whose file is gone. @throws RecordsAway */
  async remove(id: string): Promise<void> {
    await this.#access.query((db) =>
      db.deleteFrom('recording_films').where('id', '=', id).where('state', '=', 'erasing').execute(),
    );
  }
}

/** Has the films deleted in which a user may be seen, heard or named. */
export async function eraseFromFilms(db: Transaction<Schema>, user: string): Promise<void> {
  await db
    .updateTable('recording_films')
    .set({ state: 'erasing' })
    .where(({ or, eb, selectFrom }) =>
      or(
        (['recording_parts', 'recording_consents'] as const).map((table) =>
          eb('recording_id', 'in', selectFrom(table).select('recording_id').where('user_id', '=', user)),
        ),
      ),
    )
    .execute();
}

function filmOf(row: RecordingFilmsTable): FilmRecord {
  return {
    recordingId: row.recording_id,
    id: row.id,
    state: row.state,
    madeOf: row.made_of,
    attempts: row.attempts,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    bytes: row.bytes,
    sha256: row.sha256,
    problem: row.problem,
  };
}
