import { unchanged } from '../domain/change.ts';
import type { Recordings } from '../recordings/recordings.ts';
import { shownFilm, shownPart, shownState } from '../recordings/shown.ts';
import type { FilmRecord } from '../records/films.ts';
import type { Records } from '../records/records.ts';
import type { Handler } from './handler.ts';
import { refuseWhereOff } from './recording-access.ts';

/** Recordings in one answer: the latest ones. */
const MOST = 50;

export const recordings: Handler<'recordings'> = async ({ sender, services, commits }) => {
  const { records, tokens, now } = services;
  const workspace = await services.store.get(sender.workspace);
  // The plan refuses everybody else: how long that takes must not tell what there is.
  const isOwner = workspace?.owner.id === sender.attendee;
  if (isOwner) await commits.recorded();
  const listed =
    isOwner && services.recordings && records ? await latest(records, services.recordings, sender.workspace) : [];
  return {
    workspace: sender.workspace,
    durability: 'best-effort',
    decide: (workspace) => refuseWhereOff(services) ?? unchanged(workspace),
    output: ({ id }) => ({ recordings: listed, downloadToken: tokens.download(id, now()) }),
  };
};

function filmView(film: FilmRecord | undefined) {
  const shown = shownFilm(film);
  return shown && { ...shown, url: film?.state === 'complete' ? `uploads/${film.id}` : null };
}

async function latest(records: Records, { store }: Recordings, workspaceId: string) {
  const { items } = await records.recordings.page({ workspaceId }, { limit: MOST });
  const ids = items.map(({ id }) => id);
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
  return items.map(({ id, state, startedAt, stoppedAt }) => ({
    id,
    state: shownState(state),
    startedAt,
    stoppedAt,
    parts: views.filter(({ recording }) => recording === id).map(({ view }) => view),
    film: filmView(films.find(({ recordingId }) => recordingId === id)),
  }));
}
