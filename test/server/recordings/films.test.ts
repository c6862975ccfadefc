import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { emptyFolder } from '../../support/built-server.ts';
import { ofTest } from '../../support/lifetime.ts';
import { open } from '../records/open.ts';
import { workspaceOf } from '../records/samples.ts';
import { openTestRecordings, uploadsTo } from './open.ts';

const noon = 1.8e12;
const recording = { id: '_rec' };
const film = '_film_film_film_film_f';
const sha256 = 'a'.repeat(64);

/** A recording that is over, in which Ada (a user) and a guest were asked; its film is whole. */
async function withFilm() {
  const records = await open({ kind: 'sqlite', file: null }, { now: () => noon });
  const directory = await emptyFolder();
  const recordings = await openTestRecordings({ directory, records, now: () => noon });
  ofTest(() => recordings.close());
  const uploads = uploadsTo(recordings);
  const base = { recording, call: { id: 'call_1' }, startedAt: noon };
  const ada = { id: '_ada', name: 'Ada', user: { id: 'ada' } };
  await records.take([
    {
      workspace: workspaceOf('_room'),
      events: [
        { seq: 1, type: 'recording.started', at: noon, data: { ...base, startedBy: null } },
        { seq: 2, type: 'recording.consent', at: noon, data: { recording, attendee: ada, given: false, text: '' } },
        { seq: 3, type: 'recording.stopped', at: noon, data: { ...base, stoppedAt: noon + 9000 } },
      ],
    },
  ]);
  await records.settleRecording('_rec');
  await records.films.want('_rec', film, noon);
  await records.films.begin(film);
  await writeFile(join(directory, `${film}.mp4`), 'the film');
  const whole = { madeOf: '', startedAt: noon, durationMs: 9000, bytes: 8, sha256 };
  expect(await records.films.finish(film, whole)).toBe(true);
  const download = (workspace: string, headers: Record<string, string> = {}) =>
    uploads.fetch(
      new Request(`http://localhost/uploads/${film}`, {
        headers: { Authorization: `Bearer ${workspace}`, ...headers },
      }),
    );
  const isThere = () =>
    access(join(directory, `${film}.mp4`)).then(
      () => true,
      () => false,
    );
  return { records, recordings, download, isThere };
}

it('A film is handed out to the owner of its workspace, wholly or in ranges, and to nobody else', async () => {
  const { download } = await withFilm();
  const whole = await download('_room');
  expect([whole.status, await whole.text()]).toEqual([200, 'the film']);
  expect(Object.fromEntries(whole.headers)).toMatchObject({
    'content-type': 'video/mp4',
    'content-disposition': 'attachment; filename="film.mp4"',
    'x-content-type-options': 'nosniff',
    etag: `"${sha256}"`,
  });
  const some = await download('_room', { Range: 'bytes=4-' });
  expect([some.status, await some.text()]).toEqual([206, 'film']);
  expect((await download('_other')).status).toBe(404);
});

it('A film goes with its recording', async () => {
  const { records, recordings, download, isThere } = await withFilm();
  await recordings.delete('_rec');
  expect(await isThere()).toBe(false);
  expect(await records.films.get('_rec')).toBeNull();
  expect((await download('_room')).status).toBe(404);
});

it('A film goes when a user is erased whom it shows, hears or names', async () => {
  const { records, recordings, download, isThere } = await withFilm();
  await records.users.erase('bob', noon);
  await recordings.eraseFiles();
  expect(await isThere()).toBe(true);
  await records.users.erase('ada', noon);
  expect((await download('_room')).status).toBe(404);
  await recordings.eraseFiles();
  expect(await isThere()).toBe(false);
  expect(await records.films.get('_rec')).toBeNull();
});

it('A film that is made when its recording is deleted is thrown away', async () => {
  const { records } = await withFilm();
  await records.films.discard('_rec');
  expect(await records.films.begin(film)).toBeNull();
  const whole = { madeOf: '', startedAt: noon, durationMs: 9000, bytes: 8, sha256 };
  expect(await records.films.finish(film, whole)).toBe(false);
});
