import { createHash } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { type RecordedCall, recordedCall, recordingsFolder, Upload } from '../../protocol/recording.ts';
import { clapping, skipsFfmpeg } from '../recordings/film/ffmpeg.ts';
import { until } from '../recordings/film/recorded.ts';
import { type Host, keys, startApi } from './api.ts';

// Films take the processor for seconds, and much longer beside other tests on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const it = test.skipIf(skipsFfmpeg());
const folder = recordingsFolder();
const env = { RECORDINGS_DIR: folder, DATABASE_URL: 'sqlite::memory:' };

interface Film {
  state: string;
  mimeType: string;
  startedAt: number;
  durationSeconds: number;
  bytes: number;
  sha256: string;
  problem: string | null;
}

const filmOf = async (host: Host, id: string) =>
  (await host.must<{ recording: { film: Film | null } }>('GET', `recordings/${id}`)).recording.film;
const fetchFilm = (host: Host, id: string, headers: Record<string, string> = {}) =>
  fetch(`${host.url}/recordings/${id}/film`, { headers: { Authorization: `Bearer ${keys.reader}`, ...headers } });

/** The guest agrees, uploads a part of 1 s, and the owner ends the recording. */
async function recordOnce(url: string, { owner, guest, recording }: RecordedCall): Promise<void> {
  const bytes = await clapping({ clap: 0.5, seconds: 1 });
  await guest.client.must('consent', { ...guest.proof, recording, given: true, text: '1' });
  const startedAt = Date.now();
  const part = { part: 'a', mimeType: 'video/webm', startedAt };
  const upload = new Upload(url, await guest.client.must('recording-part', { ...guest.proof, recording, ...part }));
  // The recording has to be as long as what was recorded.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await owner.client.must('stop-recording', { ...owner.proof, recording });
  await upload.whole(bytes);
}

it('A film is made by itself, and handed out by REST and to the owner, also in ranges, until the recording is deleted', async () => {
  const { server, host } = await startApi({ ...env, RECORDING_COMPOSE: 'true' });
  const call = await recordedCall(server);
  expect(await filmOf(host, call.recording.id)).toBeNull();
  expect((await fetchFilm(host, call.recording.id)).status).toBe(404);
  await recordOnce(server.url, call);
  await until(async () => (await filmOf(host, call.recording.id))?.state === 'complete');
  const film = await filmOf(host, call.recording.id);
  expect(film).toMatchObject({ mimeType: 'video/mp4', problem: null });
  expect(film?.durationSeconds).toBeGreaterThan(0.8);
  expect(film?.durationSeconds).toBeLessThan(1.3);
  const whole = await fetchFilm(host, call.recording.id);
  const bytes = Buffer.from(await whole.arrayBuffer());
  expect(Object.fromEntries(whole.headers)).toMatchObject({
    'content-type': 'video/mp4',
    'content-disposition': 'attachment; filename="film.mp4"',
    'content-length': String(film?.bytes),
    'accept-ranges': 'bytes',
    etag: `"${film?.sha256}"`,
  });
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(film?.sha256);
  const some = await fetchFilm(host, call.recording.id, { Range: 'bytes=4-7' });
  expect([some.status, await some.text()]).toEqual([206, 'ftyp']);
  expect((await fetchFilm(host, call.recording.id, { Range: `bytes=${film?.bytes}-` })).status).toBe(416);

  const { recordings, downloadToken } = await call.owner.client.must('recordings', call.owner.proof);
  const listed = recordings[0]?.film;
  expect(listed).toEqual({ ...film, url: expect.stringMatching(/^uploads\//) });
  const own = await fetch(new URL(listed?.url ?? '', `${server.url}/`), {
    headers: { Authorization: `Bearer ${downloadToken}` },
  });
  expect(Buffer.from(await own.arrayBuffer()).equals(bytes)).toBe(true);

  expect((await host.ask('DELETE', `recordings/${call.recording.id}`)).status).toBe(204);
  expect((await fetchFilm(host, call.recording.id)).status).toBe(404);
});

it('Without RECORDING_COMPOSE no film is made', async () => {
  const { server, host } = await startApi(env);
  const call = await recordedCall(server);
  await recordOnce(server.url, call);
  const stateNow = async () =>
    (await host.must<{ recording: { state: string } }>('GET', `recordings/${call.recording.id}`)).recording.state;
  await until(async () => (await stateNow()) === 'completed');
  expect(await filmOf(host, call.recording.id)).toBeNull();
});
