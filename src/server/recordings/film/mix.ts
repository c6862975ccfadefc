import { input, secondsFor, type Work } from './ffmpeg.ts';

/** Files that one command mixes: more are mixed in several steps. */
const MOST_AT_ONCE = 24;

/** Sound that begins at a time of the film. */
export interface Mixed {
  readonly file: string;
  readonly atMs: number;
}

/** Mixes sound into one file as long as the film. @returns its name @throws FfmpegFailed, or the reason of the signal */
export async function mix(tracks: readonly Mixed[], durationMs: number, work: Work): Promise<string> {
  let rest = tracks;
  for (let step = 0; rest.length > MOST_AT_ONCE; step += 1) {
    const file = `mix-${step}.mka`;
    await mixOnce(rest.slice(0, MOST_AT_ONCE), { file, durationMs }, work);
    rest = [...rest.slice(MOST_AT_ONCE), { file, atMs: 0 }];
  }
  await mixOnce(rest, { file: 'mix.mka', durationMs }, work);
  return 'mix.mka';
}

async function mixOnce(
  tracks: readonly Mixed[],
  { file, durationMs }: { file: string; durationMs: number },
  { ffmpeg, folder, signal }: Work,
): Promise<void> {
  const length = (durationMs / 1000).toFixed(3);
  const delayed = tracks.map(({ atMs }, at) => `[${at}:a]adelay=${Math.round(atMs)}:all=1[track${at}]`);
  const all = tracks.map((_, at) => `[track${at}]`).join('');
  // Nobody becomes quieter because others are there; what is too loud together is held down, and not cut off.
  const mixing = `amix=inputs=${tracks.length}:duration=longest:normalize=0,alimiter=limit=0.95:level=disabled`;
  const graph = `${delayed.join(';')};${all}${mixing},apad=whole_dur=${length},atrim=end=${length}[out]`;
  const inputs = tracks.flatMap((track) => input({ file: track.file, format: 'matroska' }));
  const args = [...inputs, '-filter_complex', graph, '-map', '[out]', '-sample_fmt', 's16', '-c:a', 'flac'];
  await ffmpeg.run([...args, '-f', 'matroska', file], { cwd: folder, signal, seconds: secondsFor(durationMs) });
}
