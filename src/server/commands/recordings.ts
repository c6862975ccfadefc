import { isRefusal } from '../../protocol/errors.ts';
import type { Recordings } from '../recordings/recordings.ts';
import { shownFilm, shownPart, shownState } from '../recordings/shown.ts';
import type { FilmRecord } from '../records/films.ts';
import type { RecordingRecord } from '../records/recordings.ts';
import type { Records } from '../records/records.ts';
import type { Handler } from './handler.ts';
import { ownedRecordings } from './owned-recordings.ts';
import { refuseWhereOff } from './recording-access.ts';

export const recordings: Handler<'recordings'> = async (context, input) => {
  const { services } = context;
  const { records, recordings, tokens, now } = services;
  if (!recordings || !records) return refuseWhereOff(services) ?? { output: { recordings: [], downloadToken: '' } };
  const owned = await ownedRecordings(context, records, input);
  if (isRefusal(owned)) return owned;
  return {
    output: {
      recordings: await viewsOf(records, recordings, owned.recordings),
      downloadToken: tokens.download(owned.workspace, now()),
    },
  };
};

function filmView(film: FilmRecord | undefined) {
  const shown = shownFilm(film);
  return shown && { ...shown, url: film?.state === 'complete' ? `uploads/${film.id}` : null };
}

async function viewsOf(records: Records, { store }: Recordings, listed: readonly RecordingRecord[]) {
  const ids = listed.map(({ id }) => id);
  const [parts, films] = await Promise.all([records.recordingParts.of(ids), records.films.of(ids)]);
  const views = await Promise.all(
    parts.map(async (part) => ({
      recording: part.recordingId,
      view: {
        url: `uploads/${part.id}`,
        attendee: { id: part.attendee },
        name: part.name,
        mimeType: part.mimeType,
        startedAt: part.startedAt,
        endedAt: part.endedAt,
        ...(await shownPart(part, store)),
      },
    })),
  );
  return listed.map(({ id, state, startedAt, stoppedAt }) => ({
    id,
    state: shownState(state),
    startedAt,
    stoppedAt,
    parts: views.filter(({ recording }) => recording === id).map(({ view }) => view),
    film: filmView(films.find(({ recordingId }) => recordingId === id)),
  }));
}
