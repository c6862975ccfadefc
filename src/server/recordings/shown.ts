import type { FilmRecord } from '../records/films.ts';
import type { PartRecord } from '../records/recording-parts.ts';
import type { RecordingRecord } from '../records/recordings.ts';
import type { UploadStore } from './upload-store.ts';

/** The state of a recording as clients and host systems see it: one that is being deleted is none any more. */
export const shownState = (state: RecordingRecord['state']) => (state === 'deleted' ? ('failed' as const) : state);

/**
 * What clients and host systems see of a part alike.
 * @param store holds the bytes that have come so far; null where nobody can record any more
 */
export async function shownPart({ id, source, bytes, state }: PartRecord, store: UploadStore | null) {
  return {
    source: source === 'screen' ? ('screen' as const) : ('camera' as const),
    bytes: bytes ?? (await store?.sizeOf(id)) ?? 0,
    state: state === 'erasing' ? ('erased' as const) : state,
  };
}

/** The media type of films. */
export const FILM_TYPE = 'video/mp4';

/** What clients and host systems see of a film alike; null: there is none. */
export function shownFilm(film: FilmRecord | undefined) {
  if (!film || film.state === 'erasing') return null;
  const { state, startedAt, durationMs, bytes, sha256, problem } = film;
  const durationSeconds = durationMs === null ? null : durationMs / 1000;
  return { state, mimeType: FILM_TYPE, startedAt, durationSeconds, bytes, sha256, problem };
}
