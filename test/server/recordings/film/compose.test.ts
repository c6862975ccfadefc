import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import {
  type Composition,
  compose,
  NothingToShow,
  type Source,
} from '../../../../src/server/recordings/film/compose.ts';
import { type Ffmpeg, findFfmpeg } from '../../../../src/server/recordings/film/ffmpeg.ts';
import { layout } from '../../../../src/server/recordings/film/layout.ts';
import type { Stay } from '../../../../src/server/recordings/film/timeline.ts';
import { emptyFolder } from '../../../support/built-server.ts';
import { beeps, clapping, coders, coloursOf, flashes, probe, skipsFfmpeg } from './ffmpeg.ts';

// Films take the processor for seconds, and much longer beside other tests on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const it = test.skipIf(skipsFfmpeg());
const noon = 1.8e12;

interface Part extends Partial<Omit<Source, 'n' | 'file'>> {
  bytes: Uint8Array;
}

/** Composes parts, which are numbered from 1. */
async function film(parts: Part[], stays: Stay[] = []): Promise<Composition & { path: string }> {
  const [folder, uploads] = [await emptyFolder(), await emptyFolder()];
  const sources = parts.map(({ bytes: _, ...part }, index): Source => {
    const n = index + 1;
    return {
      n,
      person: `p${n}`,
      name: `Person ${n}`,
      isScreen: false,
      container: 'webm',
      startedAt: noon,
      endedAt: noon + 60_000,
      file: join(uploads, `_part${n}`),
      ...part,
    };
  });
  for (const [index, { file }] of sources.entries()) await writeFile(file, parts[index]?.bytes ?? '');
  const made = await compose(
    { sources, stays },
    { ffmpeg: await programs(), folder, signal: new AbortController().signal },
  );
  for (const [index, { file }] of sources.entries()) {
    expect((await readFile(file)).equals(parts[index]?.bytes ?? Buffer.alloc(0)), 'originals stay').toBe(true);
  }
  expect((await readdir(uploads)).length).toBe(parts.length);
  return { ...made, path: join(folder, made.file) };
}

async function programs(): Promise<Ffmpeg> {
  const found = await findFfmpeg({ niceness: 0 });
  if (typeof found === 'string') throw new Error(found);
  return found;
}

const near = (time: number | undefined, expected: number, within: number) => {
  expect(time).toBeGreaterThan(expected - within);
  expect(time).toBeLessThan(expected + within);
};
const isGrey = ([red, green, blue]: readonly number[] = []) => Math.max(red ?? 0, green ?? 0, blue ?? 0) < 90;

it('Three people who clap at the same moment are seen and heard to do so, whatever their browsers record', async () => {
  // All clap 2.5 s after noon, by the clock of the server; each began at another time.
  const parts = [
    { startedAt: noon + 7, codecs: coders.vp8, colour: 'red', size: '160x120', hz: 600 },
    { startedAt: noon + 523, codecs: coders.vp9, colour: 'green', size: '120x160', hz: 1500 },
    { startedAt: noon + 1391, codecs: coders.mp4, colour: 'blue', size: '320x180', hz: 4000, container: 'mp4' },
  ];
  const made = await film(
    await Promise.all(
      parts.map(async ({ startedAt, container, ...how }) => {
        const clap = (noon + 2500 - startedAt) / 1000;
        return { startedAt, ...(container ? { container } : {}), bytes: await clapping({ ...how, clap, seconds: 4 }) };
      }),
    ),
  );
  expect(made).toMatchObject({ startedAt: noon + 7, unread: [] });
  const clap = (noon + 2500 - made.startedAt) / 1000;
  const boxes = layout(0, 3).people;
  const times: number[] = [];
  for (const [index, { hz }] of parts.entries()) {
    const box = boxes[index];
    if (!box) throw new Error('there is no such place');
    const [heard] = await beeps(made.path, hz);
    const [seen] = await flashes(made.path, box);
    // Half of what two of them may be apart: 80 ms.
    near(heard, clap, 0.04);
    near(seen, clap, 0.04);
    times.push(heard ?? Number.NaN, seen ?? Number.NaN);
  }
  expect(Math.max(...times) - Math.min(...times)).toBeLessThan(0.08);

  const { format, streams } = await probe(made.path);
  expect(format.format_name).toContain('mp4');
  expect(streams).toMatchObject([
    { codec_type: 'video', codec_name: 'h264', width: 1280, height: 720 },
    { codec_type: 'audio', codec_name: 'aac' },
  ]);
  // From the beginning of the first part to the end of the last one: 1.384 s later, and 4 s long.
  near(Number(format.duration), 5.384, 0.1);
  expect(Number(format.duration) * 1000).toBe(made.durationMs);
  for (const { duration } of streams) near(Number(duration), made.durationMs / 1000, 0.05);

  // It seeks: what is asked for comes without what was before, and the index stands before the pictures.
  const [first] = await coloursOf(made.path, boxes[0] as never, { from: 2.6, seconds: 0.04 });
  expect(Math.min(...(first ?? [0]))).toBeGreaterThan(180);
  const bytes = await readFile(made.path);
  expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
});

it('People who left, declined or have the camera off are there by name', async () => {
  const camera = (seconds: number) => clapping({ clap: 9, seconds, colour: 'red' });
  const made = await film(
    [
      { bytes: await camera(1), person: 'ada', startedAt: noon },
      { bytes: await clapping({ clap: 9, seconds: 2, only: 'audio' }), person: 'ada', startedAt: noon + 1000 },
      { bytes: await camera(1), person: 'ada', startedAt: noon + 3000 },
    ],
    [{ person: 'bob', name: 'Bob', from: noon + 2000, to: noon + 4000 }],
  );
  expect(made.durationMs).toBeGreaterThanOrEqual(4000);
  const alone = layout(0, 1).people[0] as never;
  const [left, right] = layout(0, 2).people as [never, never];
  const at = async (seconds: number, box: never) =>
    (await coloursOf(made.path, box, { from: seconds, seconds: 0.04 }))[0];
  expect(await at(0.5, alone)).toMatchObject([
    expect.toSatisfy((red: number) => red > 180),
    expect.anything(),
    expect.anything(),
  ]);
  expect(isGrey(await at(1.6, alone))).toBe(true);
  expect(isGrey(await at(2.5, left))).toBe(true);
  expect(isGrey(await at(3.5, left))).toBe(false);
  expect(isGrey(await at(3.5, right))).toBe(true);
});

it('A shared screen has a place of its own beside the one who shares it', async () => {
  const made = await film([
    { bytes: await clapping({ clap: 9, seconds: 1, colour: 'red' }), person: 'ada' },
    {
      bytes: await clapping({ clap: 9, seconds: 1, colour: 'blue', size: '320x200', only: 'video' }),
      person: 'ada',
      isScreen: true,
    },
  ]);
  const boxes = layout(1, 1);
  const [screen] = await coloursOf(made.path, boxes.screens[0] as never, { from: 0.5, seconds: 0.04 });
  const [person] = await coloursOf(made.path, boxes.people[0] as never, { from: 0.5, seconds: 0.04 });
  expect([screen?.indexOf(Math.max(...screen)), person?.indexOf(Math.max(...person))]).toEqual([2, 0]);
});

it('A name is text, whatever stands in it', async () => {
  const bytes = await clapping({ clap: 9, seconds: 0.4, colour: 'red' });
  const names = [
    "'; [out]drawtext=textfile=/etc/passwd",
    '{\\p1}m 0 0 l 1280 0 1280 720 0 720{\\p0}',
    '\\N\\N\\N{\\fs999}X',
    'a\nDialogue: 9,0:00:00.00,9:00:00.00,Default,,0,0,0,,{\\p1}m 0 0 l 1280 0 1280 720 0 720',
    '%{pts} $(touch pwned) `touch pwned`',
    'مرحبا بالعالم 李 🦉 \u202eolleh',
    '\u0000\u0007',
  ];
  const made = await film(names.map((name, index) => ({ bytes, name, person: `p${index}` })));
  // Nothing is drawn over a picture: each is as red in its middle as it was.
  for (const box of layout(0, names.length).people) {
    const [[red, green, blue] = []] = await coloursOf(made.path, box, { from: 0.2, seconds: 0.04 });
    expect(red).toBeGreaterThan(180);
    expect(Math.max(green ?? 255, blue ?? 255)).toBeLessThan(80);
  }
});

it('A part that breaks off is used as far as it goes, and one that is nothing spoils no other one', async () => {
  const whole = await clapping({ clap: 0.5, seconds: 4, colour: 'green', hz: 1000 });
  const made = await film([
    { bytes: whole.subarray(0, Math.floor(whole.length * 0.6)), person: 'cut' },
    { bytes: Buffer.concat([whole.subarray(0, 40), Buffer.alloc(5000, 7)]), person: 'broken' },
    { bytes: Buffer.alloc(0), person: 'empty' },
  ]);
  expect(made.unread).toEqual([2, 3]);
  expect(made.durationMs).toBeGreaterThan(500);
  expect(made.durationMs).toBeLessThan(3900);
  near((await beeps(made.path, 1000))[0], 0.5, 0.04);
  await expect(film([{ bytes: Buffer.alloc(100) }])).rejects.toThrow(NothingToShow);
});

it('Parts that begin decades apart make no film, and a sentence says why', async () => {
  const bytes = await clapping({ clap: 0.5, seconds: 1, colour: 'green', hz: 1000 });
  const startedAt = noon + 30 * 365 * 86_400_000;
  const made = film([{ bytes }, { bytes, startedAt, endedAt: startedAt + 1000 }]);
  await expect(made).rejects.toThrow(NothingToShow);
  await expect(made).rejects.toThrow(/^Its parts begin more than 7 days apart, so the time of one of them is wrong\./);
});

it('Pictures that change their size within a part stay in their place, and in time', async () => {
  // As a browser does whose camera is turned: the same track goes on with other pictures.
  const upright = await clapping({ clap: 9, seconds: 1, colour: 'red', size: '120x160', only: 'video' });
  const across = await clapping({ clap: 1, seconds: 2, colour: 'blue', size: '320x180', only: 'video' });
  const bytes = await joinedInOneTrack([upright, across]);
  const made = await film([{ bytes }]);
  const [box] = layout(0, 1).people;
  if (!box) throw new Error('there is no place');
  near((await flashes(made.path, box))[0], 2, 0.08);
  near(made.durationMs / 1000, 3, 0.1);
});

it('A part shows nothing of what came after its end or the withdrawal of the consent', async () => {
  const bytes = await clapping({ clap: 2, seconds: 4, hz: 1000 });
  const made = await film([{ bytes, endedAt: noon + 1500 }]);
  near(made.durationMs / 1000, 1.5, 0.05);
  expect(await beeps(made.path, 1000)).toEqual([]);
});

it('Nothing in a part makes ffmpeg open another file or a connection', async () => {
  const list = Buffer.from('#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n');
  const concat = Buffer.from("ffconcat version 1.0\nfile '/etc/passwd'\n");
  for (const container of ['webm', 'mp4', 'ogg', 'hls']) {
    for (const bytes of [list, concat]) await expect(film([{ bytes, container }])).rejects.toThrow(NothingToShow);
  }
});

async function joinedInOneTrack(files: Buffer[]): Promise<Buffer> {
  const folder = await emptyFolder();
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  for (const [index, bytes] of files.entries()) await writeFile(join(folder, `${index}.webm`), bytes);
  await writeFile(join(folder, 'list'), files.map((_, index) => `file ${index}.webm\n`).join(''));
  const args = ['-v', 'error', '-f', 'concat', '-i', 'list', '-c', 'copy', '-f', 'webm', '-live', '1', 'joined.webm'];
  await promisify(execFile)('ffmpeg', args, { cwd: folder });
  return readFile(join(folder, 'joined.webm'));
}
