import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { type Ffmpeg, findFfmpeg } from '../../../../src/server/recordings/film/ffmpeg.ts';
import { emptyFolder } from '../../../support/built-server.ts';
import { compiled } from '../../../support/compiled.ts';
import { ofTest } from '../../../support/lifetime.ts';
import { follow } from '../../../support/program.ts';
import { open } from '../../records/open.ts';
import { clapping, skipsFfmpeg } from './ffmpeg.ts';
import { filmIs, openWith, recorded, until, uploaded } from './recorded.ts';

// Films take the processor for seconds, and much longer beside other tests on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const isSkipped = skipsFfmpeg();
const it = test.skipIf(isSkipped);
const noon = 1.8e12;
const minute = 60_000;

let ffmpeg: Ffmpeg;
let part: Buffer;
beforeAll(async () => {
  if (isSkipped) return;
  const found = await findFfmpeg({ niceness: 0 });
  if (typeof found === 'string') throw new Error(found);
  ffmpeg = found;
  part = await clapping({ clap: 0.5, seconds: 1 });
});

/** Records and recordings of a test's own. */
async function started({ programs = ffmpeg, freeBytes = 0 }: { programs?: Ffmpeg | null; freeBytes?: number } = {}) {
  const clock = { at: noon };
  const lines: { level: number; msg: string }[] = [];
  const directory = await emptyFolder();
  const now = () => clock.at;
  const records = await open({ kind: 'sqlite', file: null }, { now });
  const onLine = (line: string) => lines.push(JSON.parse(line));
  const openAgain = (programs: Ffmpeg | null) =>
    openWith(records, { directory, now, ffmpeg: programs, freeBytes, onLine });
  const recordings = await openAgain(programs);
  ofTest(() => recordings.close());
  return { clock, lines, directory, records, recordings, openAgain };
}

/** A program in the place of ffmpeg that does what these lines of a shell say. */
async function programThat(lines: string): Promise<Ffmpeg> {
  const file = join(await emptyFolder(), 'ffmpeg');
  const asked = 'case "$*" in *-version*|*-encoders*|*-filters*) exec ffmpeg "$@";; esac';
  await writeFile(file, `#!/bin/sh\n${asked}\n${lines}\n`);
  await chmod(file, 0o700);
  const found = await findFfmpeg({ program: file, niceness: 0 });
  if (typeof found === 'string') throw new Error(found);
  return found;
}

it('A recording whose parts are all there becomes a film, which is synced, private and told with its checksum', async () => {
  const { records, recordings, directory, clock } = await started();
  clock.at = noon + 5000;
  await recorded(records, recordings, noon, [{ user: 'ada', bytes: part }]);
  const film = await filmIs(records, (film) => film?.state === 'complete');
  const file = await recordings.films.file('_rec');
  const bytes = await readFile(file?.path ?? '');
  expect(film).toMatchObject({
    attempts: 1,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    startedAt: noon,
    durationMs: 1000,
    problem: null,
  });
  expect((await stat(file?.path ?? '')).mode & 0o777).toBe(0o600);
  await recordings.close();
  // Nothing of the work is left: the part and the film are there.
  expect(await readdir(directory)).toHaveLength(2);
});

it('Where nobody makes films, and where nothing was recorded, there is none', async () => {
  const without = await started({ programs: null });
  await recorded(without.records, without.recordings, noon, [{ user: 'ada', bytes: part }]);
  await without.recordings.sweep();
  expect(await without.records.films.get('_rec')).toBeNull();
  const empty = await started();
  await recorded(empty.records, empty.recordings, noon, []);
  await empty.recordings.close();
  expect(await empty.records.recordings.get('_rec')).toMatchObject({ state: 'completed' });
  expect(await empty.records.films.get('_rec')).toBeNull();
});

it('A film of parts that are none is given up at once, with a sentence', async () => {
  const { records, recordings } = await started();
  await recorded(records, recordings, noon, [{ user: 'ada', bytes: Buffer.alloc(500, 1) }]);
  const film = await filmIs(records, (film) => film?.state === 'failed');
  expect(film).toMatchObject({ problem: 'None of its parts can be read.', attempts: 1 });
  expect(await recordings.films.file('_rec')).toBeNull();
});

it('A failing ffmpeg is told with a sentence, tried again later, and at last given up', async () => {
  // Scenes fail; what is read before does not.
  const fails = await programThat(
    'case "$*" in *filter_complex*) echo "No luck today" >&2; exit 1;; esac\nexec ffmpeg "$@"',
  );
  const { records, recordings, clock, lines, openAgain } = await started({ programs: fails });
  await recorded(records, recordings, noon, [{ user: 'ada', bytes: part }]);
  const first = await filmIs(records, (film) => film?.state === 'waiting' && film.attempts === 1);
  expect(first?.problem).toBe('ffmpeg has failed; the log of the server says how.');
  expect(lines.filter(({ level }) => level === 40).map(({ msg }) => msg)).toEqual([
    'A film was not made. ffmpeg has failed; the log of the server says how. It is tried again.',
  ]);
  expect(JSON.stringify(lines)).toContain('No luck today');
  await recordings.close();
  for (const attempts of [2, 3, 4, 5]) {
    clock.at += 360 * minute;
    const again = await openAgain(fails);
    await filmIs(records, (film) => film?.attempts === attempts && film.state !== 'composing');
    await again.close();
  }
  expect(await records.films.get('_rec')).toMatchObject({ state: 'failed', attempts: 5 });
  expect(lines.at(-1)).toMatchObject({ level: 50, msg: expect.stringContaining('is given up') });
});

it('A film waits while the disk is nearly full', async () => {
  const { records, recordings } = await started({ freeBytes: 1e18 });
  await recorded(records, recordings, noon, [{ user: 'ada', bytes: part }]);
  const film = await filmIs(records, (film) => film?.problem != null);
  expect(film).toMatchObject({ state: 'waiting', problem: 'The disk of the server is nearly full.' });
});

it('A server that stops in the middle leaves nothing behind, and the next one begins anew', async () => {
  const slow = await programThat('case "$*" in *filter_complex*) exec sleep 60;; esac\nexec ffmpeg "$@"');
  const { records, recordings, directory, openAgain } = await started({ programs: slow });
  await recorded(records, recordings, noon, [{ user: 'ada', bytes: part }]);
  await until(() => workedOn(directory).some((name) => name.startsWith('captions')));
  await recordings.close();
  expect(await records.films.get('_rec')).toMatchObject({ state: 'waiting', attempts: 0 });
  expect(workedOn(directory)).toEqual([]);
  const again = await openAgain(ffmpeg);
  await filmIs(records, (film) => film?.state === 'complete');
  await again.close();
});

it('Of two servers with one folder, one makes the film', async () => {
  const { records, recordings, openAgain, directory } = await started({ programs: null });
  await recorded(records, recordings, noon, [{ user: 'ada', bytes: part }]);
  const both = await Promise.all([openAgain(ffmpeg), openAgain(ffmpeg)]);
  expect(await filmIs(records, (film) => film?.state === 'complete')).toMatchObject({ attempts: 1 });
  await Promise.all(both.map((each) => each.close()));
  expect((await readdir(directory)).filter((name) => name.endsWith('.mp4'))).toHaveLength(1);
});

it('A part that comes late, and a user who is erased, have the film made anew', async () => {
  const { records, recordings } = await started();
  const people = ['ada', 'bob'].map((user) => ({ user, bytes: part }));
  await recorded(records, recordings, noon, people);
  const first = await filmIs(records, (film) => film?.state === 'complete');
  await uploaded(records, recordings, noon + 1000, { user: 'bob', bytes: part, part: 'late' });
  const second = await filmIs(records, (film) => film?.state === 'complete' && film.id !== first?.id);
  expect(second?.durationMs).toBe(2000);
  await records.users.erase('bob', noon);
  await recordings.eraseFiles();
  const third = await filmIs(records, (film) => film?.state === 'complete' && film.id !== second?.id);
  expect(third?.durationMs).toBe(1000);
  await recordings.delete('_rec');
  expect(await records.films.get('_rec')).toBeNull();
});

it('A recording that is deleted while its film is made leaves nothing', async () => {
  const slow = await programThat('case "$*" in *filter_complex*) exec sleep 60;; esac\nexec ffmpeg "$@"');
  const { records, recordings, directory } = await started({ programs: slow });
  await recorded(records, recordings, noon, [{ user: 'ada', bytes: part }]);
  await until(() => workedOn(directory).some((name) => name.startsWith('captions')));
  await recordings.delete('_rec');
  await recordings.close();
  expect(await readdir(directory)).toEqual([]);
});

it('A kill -9 in the middle ends in a whole film, and no program of the killed server goes on', async () => {
  const [folder, directory] = [await emptyFolder(), await emptyFolder()];
  const file = join(folder, 'records.db');
  const now = () => Date.now();
  const at = now() - 10_000;
  const before = await open({ kind: 'sqlite', file });
  const nobody = await openWith(before, { directory, now, ffmpeg: null });
  // Long enough for the kill to come while it is read.
  const bytes = await clapping({ clap: 1, seconds: 30, size: '640x360' });
  await recorded(before, nobody, at, [{ user: 'ada', bytes }]);
  await nobody.close();
  await before.close();
  const program = await compiled(new URL('composer.ts', import.meta.url));
  const server = follow(spawn(process.execPath, [program, file, directory]));
  ofTest(() => server.kill('SIGKILL'));
  await until(() => workedOn(directory).length > 0);
  server.kill('SIGKILL');
  await server.ended;
  const records = await open({ kind: 'sqlite', file });
  expect(await records.films.get('_rec')).toMatchObject({ state: 'composing', attempts: 1 });
  const recordings = await openWith(records, { directory, now, ffmpeg });
  ofTest(() => recordings.close());
  const film = await filmIs(records, (film) => film?.state === 'complete');
  expect(film).toMatchObject({ attempts: 2 });
  await recordings.close();
  expect(programsIn(directory)).toEqual([]);
  expect((await readdir(directory)).filter((name) => /\.(?:work|lock)/.test(name))).toEqual([]);
});

/** The files of films that are being made. */
function workedOn(directory: string): string[] {
  const folders = readdirSync(directory).filter((name) => name.endsWith('.work'));
  return folders.flatMap((name) => {
    try {
      return readdirSync(join(directory, name));
    } catch {
      // Another process has just deleted it.
      return [];
    }
  });
}

/** The ids of programs that work below a folder. */
function programsIn(directory: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    } catch {
      return false;
    }
  });
}
