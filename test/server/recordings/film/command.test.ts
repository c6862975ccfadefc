import { spawn } from 'node:child_process';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { emptyFolder } from '../../../support/built-server.ts';
import { compiled } from '../../../support/compiled.ts';
import { Lifetime } from '../../../support/lifetime.ts';
import { follow } from '../../../support/program.ts';
import { open } from '../../records/open.ts';
import { clapping, probe, skipsFfmpeg } from './ffmpeg.ts';
import { openWith, recorded } from './recorded.ts';

// Films take the processor for seconds, and much longer beside other tests on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const it = test.skipIf(skipsFfmpeg());
const lifetime = new Lifetime();
let main: string;
beforeAll(async () => {
  main = await compiled(new URL('../../../../src/main.ts', import.meta.url), lifetime.atEnd);
});
afterAll(() => lifetime.end());

/** Runs the command in a folder, with the configuration of a server. */
async function command(folder: string, args: string[], env: Record<string, string> = {}) {
  const { PATH = '' } = process.env;
  const program = follow(
    spawn(process.execPath, [main, 'compose', ...args], { cwd: folder, env: { PATH, DEVELOPMENT: 'true', ...env } }),
  );
  const { code } = await program.ended;
  return { code, ...program.output };
}

it('`compose` makes the film of a recording beside the running server, by its id', async () => {
  const [directory, folder] = [await emptyFolder(), await emptyFolder()];
  const at = Date.now() - 10_000;
  // The server has its database open all the time.
  const records = await open({ kind: 'sqlite', file: join(directory, 'records.db') });
  const recordings = await openWith(records, { directory, now: Date.now, ffmpeg: null });
  const bytes = await clapping({ clap: 0.5, seconds: 1 });
  await recorded(records, recordings, at, [{ user: 'ada', bytes }]);
  const before = (await readdir(directory)).sort();
  const env = { STORE: 'memory', RECORDINGS_DIR: directory };
  const made = await command(folder, ['_rec'], env);
  expect(made).toMatchObject({ code: 0, stdout: `${join(folder, '_rec.mp4')}\n`, stderr: '' });
  expect(Number((await probe(join(folder, '_rec.mp4'))).format.duration)).toBeCloseTo(1, 1);
  expect((await stat(join(folder, '_rec.mp4'))).mode & 0o777).toBe(0o600);
  expect((await command(folder, ['_rec', '-o', 'below/film.mp4'], env)).code).toBe(0);
  expect(await readdir(join(folder, 'below'))).toEqual(['film.mp4']);
  expect(await command(folder, ['_other'], env)).toMatchObject({
    code: 1,
    stderr: 'There is neither a recording with the id _other nor a folder of that name.\n',
  });
  await recordings.close();
  expect((await readdir(directory)).sort()).toEqual(before);
});

it('`compose` makes the film of a folder with what REST has handed out', async () => {
  const folder = await emptyFolder();
  expect(await command(folder, ['.'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('recording.json is missing'),
  });
  const part = { attendee: { id: '_a' }, user: null, name: 'Ada', source: 'camera', sha256: null, state: 'complete' };
  const recording = {
    ...{ id: '_rec', workspace: { id: '_w' }, startedAt: 1000, stoppedAt: 9000, consents: [] },
    parts: [
      { n: 1, ...part, mimeType: 'video/webm', startedAt: 1000, endedAt: 2000, bytes: 1 },
      { n: 2, ...part, mimeType: 'audio/webm', startedAt: 2000, endedAt: 3000, bytes: 1 },
    ],
  };
  await writeFile(join(folder, 'recording.json'), JSON.stringify({ recording }));
  expect(await command(folder, ['.'])).toMatchObject({
    code: 1,
    stderr: 'There is no film. None of its parts is there.\n',
  });
  await writeFile(join(folder, 'part-1.webm'), await clapping({ clap: 0.5, seconds: 1 }));
  await writeFile(join(folder, 'part-2.webm'), await clapping({ clap: 0.5, seconds: 1, only: 'audio' }));
  const made = await command(folder, ['.', '--output', 'film.mp4']);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(Number((await probe(join(folder, 'film.mp4'))).format.duration)).toBeCloseTo(2, 1);
});

it('`compose` says what is missing', async () => {
  const folder = await emptyFolder();
  expect(await command(folder, [])).toMatchObject({ code: 1, stderr: expect.stringContaining('Name one recording') });
  expect(await command(folder, ['a', 'b'])).toMatchObject({ code: 1 });
  expect(await command(folder, ['_rec'])).toMatchObject({ code: 1, stderr: expect.stringContaining('RECORDINGS_DIR') });
  expect(await command(folder, ['_rec'], { PATH: folder })).toMatchObject({
    code: 1,
    stderr: 'ffmpeg and ffprobe are not installed. On Debian: apt-get install ffmpeg\n',
  });
});
