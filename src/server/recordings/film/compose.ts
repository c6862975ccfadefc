import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { captionsOf } from './captions.ts';
import { type Ffmpeg, FfmpegFailed, input, secondsFor, type Work } from './ffmpeg.ts';
import { type Box, FRAME_MS, FRAME_RATE, HEIGHT, WIDTH } from './layout.ts';
import { type Mixed, mix } from './mix.ts';
import { frameAt, type Scene, type Stay, type Take, type Timeline, timelineOf } from './timeline.ts';

/** A part to compose. Times are in ms, by the clock of the server. */
export interface Source {
  readonly n: number;
  readonly person: string;
  readonly name: string;
  readonly isScreen: boolean;
  /** Its container: webm, mp4 or ogg. */
  readonly container: string;
  readonly startedAt: number;
  /** Nothing behind that is shown. */
  readonly endedAt: number;
  /** An absolute path. */
  readonly file: string;
}

export interface Material {
  readonly sources: readonly Source[];
  readonly stays: readonly Stay[];
}

export interface Composition {
  /** The name of the film in the folder. */
  readonly file: string;
  /** When its first picture was, ms since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** The numbers of parts of which nothing could be read. */
  readonly unread: readonly number[];
}

/** That nothing can be made of the parts, however often it is tried. */
export class NothingToShow extends Error {}

/** The longest time by which sound is coded ahead, ms. */
const MOST_AHEAD_MS = 1000;

/** The most days between the beginnings of parts: no call is longer, but a clock that is wrong puts a part decades away. */
const LONGEST_DAYS = 7;
const TOO_LONG =
  `Its parts begin more than ${LONGEST_DAYS} days apart, so the time of one of them is wrong. ` +
  'Download the parts one by one, or compose a folder without that part.';

const demuxers: Readonly<Record<string, string>> = { webm: 'matroska', mp4: 'mov', ogg: 'ogg' };

// A key frame each second, and none that needs a later one: so scenes begin and follow each other exactly.
const QUICK = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '18', '-g', String(FRAME_RATE), '-bf', '0'];
const GOOD = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23', '-g', String(2 * FRAME_RATE), '-bf', '0'];
const PIXELS = ['-pix_fmt', 'yuv420p', '-threads', '1'];

/**
 * Makes one film of the parts of a recording: each at its place in time by the clock of the server, in a grid that follows
 * who is there, with all sound.
 *
 * Each part is read by itself first, into pictures and sound of a constant rate that are counted from one origin. So a part
 * that is damaged spoils no other one, and what follows needs to know nothing of recorders.
 * @throws NothingToShow, FfmpegFailed, or the reason of the signal
 */
export async function compose({ sources, stays }: Material, work: Work): Promise<Composition> {
  const origin = Math.min(...sources.map(({ startedAt }) => startedAt));
  if (sources.some(({ startedAt }) => startedAt - origin > LONGEST_DAYS * 86_400_000))
    throw new NothingToShow(TOO_LONG);
  const boxes = largestBoxes(sources, stays, origin);
  const takes: Take[] = [];
  for (const source of sources) {
    const take = await read(source, { ...work, origin, box: boxes.get(source.n) ?? null });
    if (take) takes.push(take);
  }
  if (takes.length === 0) throw new NothingToShow('None of its parts can be read.');
  const timeline = timelineOf(takes, stays, origin);
  const durationMs = timeline.frames * FRAME_MS;
  for (const [index, scene] of timeline.scenes.entries()) await show(scene, index, work);
  const begin = frameAt(timeline.startedAt, origin);
  const tracks = takes
    .filter(({ audioMs }) => audioMs > 0)
    .map(({ n, startedAt }): Mixed => ({ file: soundOf(n), atMs: (frameAt(startedAt, origin) - begin) * FRAME_MS }));
  const sound = tracks.length > 0 ? await mix(tracks, durationMs, work) : null;
  const file = await join(timeline, sound, work);
  const unread = sources.map(({ n }) => n).filter((n) => !takes.some((take) => take.n === n));
  return { file, startedAt: timeline.startedAt, durationMs, unread };
}

const picturesOf = (n: number) => `pictures-${n}.mkv`;
const soundOf = (n: number) => `sound-${n}.mka`;

/** The largest place that each part will have, as far as the records tell; so its pictures need no more pixels. */
function largestBoxes(sources: readonly Source[], stays: readonly Stay[], origin: number): Map<number, Box> {
  const expected = sources.map(({ startedAt, endedAt, ...source }): Take => {
    const ms = Math.max(FRAME_MS, endedAt - startedAt);
    return { ...source, startedAt, videoMs: ms, audioMs: ms };
  });
  const boxes = new Map<number, Box>();
  for (const { tiles } of timelineOf(expected, stays, origin).scenes) {
    for (const { box, shown } of tiles) {
      if (shown && box.width > (boxes.get(shown.n)?.width ?? 0)) boxes.set(shown.n, box);
    }
  }
  return boxes;
}

interface Reading extends Work {
  readonly origin: number;
  /** Null where its pictures are not shown. */
  readonly box: Box | null;
}

/** Reads a part as far as it can be read. @returns null where nothing of it can */
async function read(source: Source, { ffmpeg, folder, signal, origin, box }: Reading): Promise<Take | null> {
  const { n, file, startedAt, endedAt } = source;
  const format = demuxers[source.container];
  const found = format === undefined ? null : await contentOf(ffmpeg, { file, format });
  if (format === undefined || !found) return null;
  const { streams, aheadMs } = found;
  const late = startedAt - origin - frameAt(startedAt, origin) * FRAME_MS;
  const mostMs = endedAt - startedAt + late;
  const { width, height } = box ?? { width: WIDTH, height: HEIGHT };
  const outputs = [
    ...(streams.has('video')
      ? [
          ...['-map', '0:v:0', '-t', seconds(mostMs), '-r', String(FRAME_RATE), '-fps_mode', 'cfr'],
          ...['-filter:v', `fps=${FRAME_RATE},${fitted(width, height)},format=yuv420p`, ...QUICK, ...PIXELS],
          ...['-f', 'matroska', picturesOf(n)],
        ]
      : []),
    ...(streams.has('audio')
      ? [
          ...['-map', '0:a:0', '-t', seconds(mostMs), '-filter:a', 'aresample=48000:async=1000:first_pts=0'],
          ...['-ac', '2', '-sample_fmt', 's16', '-c:a', 'flac', '-f', 'matroska', soundOf(n)],
        ]
      : []),
  ];
  if (outputs.length === 0) return null;
  const options = ['-itsoffset', seconds(late - aheadMs)];
  try {
    const args = [...input({ file, format, options }), '-map_metadata', '-1', ...outputs];
    await ffmpeg.run(args, { cwd: folder, signal, seconds: secondsFor(mostMs) });
  } catch (error) {
    // What it has written until the damage is still good. A full disk is no damage of the part.
    if (!(error instanceof FfmpegFailed) || error.message.includes('No space left')) throw error;
  }
  const durationOf = (name: string) => duration(ffmpeg, { file: name, format: 'matroska', cwd: folder });
  const videoMs = streams.has('video') ? await durationOf(picturesOf(n)) : 0;
  const audioMs = streams.has('audio') ? await durationOf(soundOf(n)) : 0;
  if (videoMs + audioMs === 0) return null;
  return { n, person: source.person, name: source.name, isScreen: source.isScreen, startedAt, videoMs, audioMs };
}

const seconds = (ms: number) => (ms / 1000).toFixed(3);

/** Pictures of any size, also where it changes, in a box of one size. */
const fitted = (width: number, height: number) =>
  `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2,` +
  `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2,setsar=1`;

interface Content {
  /** `video`, `audio`. */
  readonly streams: ReadonlySet<string>;
  /** How long before its time 0 it begins, ms: coders of sound need a moment that nobody is meant to hear. */
  readonly aheadMs: number;
}

interface Probed {
  readonly streams?: readonly { readonly codec_type?: string }[];
  readonly format?: { readonly duration?: string; readonly start_time?: string };
}

/** @returns null where it cannot be read */
async function contentOf(ffmpeg: Ffmpeg, file: { file: string; format: string }): Promise<Content | null> {
  // A file that keeps ffprobe busy is none of a recorder.
  const found = (await ffmpeg.probe(file, 'stream=codec_type:format=start_time').catch(() => null)) as Probed | null;
  if (!found) return null;
  const startMs = Math.round(Number(found.format?.start_time ?? 0) * 1000);
  return {
    streams: new Set((found.streams ?? []).flatMap(({ codec_type }) => codec_type ?? [])),
    // ffmpeg would put the beginning at 0. Where it is far from there, nothing is known of when that was.
    aheadMs: startMs < 0 && startMs > -MOST_AHEAD_MS ? -startMs : 0,
  };
}

/** How long one of our own files is, ms; 0 where there is nothing in it. */
async function duration(ffmpeg: Ffmpeg, file: { file: string; format: string; cwd: string }): Promise<number> {
  const found = (await unlessFailed(ffmpeg.probe(file, 'format=duration'))) as {
    format?: { duration?: string };
  } | null;
  const ms = Math.round(Number(found?.format?.duration ?? 0) * 1000);
  return Number.isFinite(ms) ? ms : 0;
}

async function unlessFailed<Result>(work: Promise<Result>): Promise<Result | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof FfmpegFailed) return null;
    throw error;
  }
}

const sceneOf = (index: number) => `scene-${index}.mkv`;

/** Makes the pictures of a scene. Filters are made of numbers and of names of our own alone; names of people are in a file. */
async function show({ tiles, frames }: Scene, index: number, { ffmpeg, folder, signal }: Work): Promise<void> {
  const ms = frames * FRAME_MS;
  const captions = `captions-${index}.ass`;
  await writeFile(path.join(folder, captions), captionsOf(tiles), { mode: 0o600 });
  const pictures = tiles.flatMap(({ shown, box }) => (shown ? [{ ...shown, box }] : []));
  const inputs = pictures.flatMap(({ n, fromFrame }) => {
    const options = ['-ss', seconds(fromFrame * FRAME_MS), '-t', seconds(ms)];
    return input({ file: picturesOf(n), format: 'matroska', options });
  });
  const canvas = `color=c=0x202124:s=${WIDTH}x${HEIGHT}:r=${FRAME_RATE}:d=${seconds(ms)},format=yuv420p[canvas0]`;
  const placed = pictures.flatMap(({ box }, at) => [
    `[${at}:v]scale=${box.width}:${box.height},setsar=1[tile${at}]`,
    `[canvas${at}][tile${at}]overlay=${box.x}:${box.y}:eof_action=repeat[canvas${at + 1}]`,
  ]);
  const graph = [canvas, ...placed, `[canvas${pictures.length}]ass=${captions}[out]`].join(';');
  const args = [...inputs, '-filter_complex', graph, '-map', '[out]', '-frames:v', String(frames), ...GOOD, ...PIXELS];
  await ffmpeg.run([...args, '-f', 'matroska', sceneOf(index)], { cwd: folder, signal, seconds: secondsFor(ms) });
}

/** Puts the scenes one behind the other, with the sound: a file that plays while it is still on its way. */
async function join({ scenes, frames, startedAt }: Timeline, sound: string | null, work: Work): Promise<string> {
  const { ffmpeg, folder, signal } = work;
  const list = scenes.map(({ frames }, index) => `file ${sceneOf(index)}\nduration ${seconds(frames * FRAME_MS)}\n`);
  await writeFile(path.join(folder, 'scenes.txt'), `ffconcat version 1.0\n${list.join('')}`, { mode: 0o600 });
  const ms = frames * FRAME_MS;
  const args = [
    ...input({ file: 'scenes.txt', format: 'concat' }),
    ...(sound === null ? [] : input({ file: sound, format: 'matroska' })),
    ...['-map', '0:v:0', '-c:v', 'copy', ...(sound === null ? [] : ['-map', '1:a:0', '-c:a', 'aac', '-b:a', '128k'])],
    ...['-t', seconds(ms), '-map_metadata', '-1', '-metadata', `creation_time=${new Date(startedAt).toISOString()}`],
    ...['-movflags', '+faststart', '-f', 'mp4', 'film.mp4'],
  ];
  await ffmpeg.run(args, { cwd: folder, signal, seconds: secondsFor(ms) });
  return 'film.mp4';
}
