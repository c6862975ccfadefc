import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether tests that need ffmpeg are skipped. In CI they fail instead. */
export function skipsFfmpeg(): boolean {
  const isMissing = spawnSync('ffprobe', ['-version']).status !== 0;
  if (isMissing) console.warn('ffmpeg is missing, so tests of films are skipped. On Debian: apt-get install ffmpeg');
  return isMissing && process.env.CI !== 'true';
}

/** The tones and colours by which parts are told apart. */
interface Clapping {
  /** When it claps, s: a white picture and a tone, for 0.2 s. */
  clap: number;
  /** The length, s. */
  seconds: number;
  colour?: string;
  size?: string;
  hz?: number;
  /** What ffmpeg calls the coders and the container. */
  codecs?: readonly string[];
  /** `video` or `audio`: nothing else is in it. */
  only?: 'video' | 'audio';
}

const vp8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-g', '1000'];
export const coders = {
  // As browsers write them: without a length, and without an index.
  vp8: [...vp8, '-c:a', 'libopus', '-f', 'webm', '-live', '1'],
  vp9: ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus', '-f', 'webm', '-live', '1'],
  h264: ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'libopus', '-f', 'matroska', '-live', '1'],
  mp4: [
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '1000', '-c:a', 'aac'],
    ...['-f', 'mp4', '-movflags', 'frag_keyframe+empty_moov+default_base_moof', '-frag_duration', '500000'],
  ],
};

/** What a recorder makes of somebody who claps. */
export async function clapping({
  clap,
  seconds,
  colour = 'red',
  size = '160x120',
  hz = 1000,
  codecs = coders.vp8,
  only,
}: Clapping): Promise<Buffer> {
  const during = `between(t,${clap},${clap + 0.2})`;
  const picture = `color=c=${colour}:s=${size}:r=30:d=${seconds},drawbox=enable='${during}':color=white:t=fill`;
  const sound = `aevalsrc='0.5*sin(2*PI*${hz}*t)*${during}':d=${seconds}:s=48000`;
  const args = [
    ...['-v', 'error', '-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound],
    ...(only === 'video' ? ['-an'] : []),
    ...(only === 'audio' ? ['-vn'] : []),
    ...['-threads', '1', ...codecs, 'pipe:1'],
  ];
  return (await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 50_000_000 })).stdout;
}

interface Probe {
  format: { duration: string; format_name: string };
  streams: { codec_type: string; codec_name: string; duration: string; width?: number; height?: number }[];
}

export async function probe(file: string): Promise<Probe> {
  const args = ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', file];
  return JSON.parse((await run('ffprobe', args)).stdout);
}

/** When a tone begins in a file, s. */
export async function beeps(file: string, hz: number): Promise<number[]> {
  const filter = `bandpass=f=${hz}:width_type=h:w=200`;
  const args = ['-v', 'error', '-i', file, '-vn', '-af', filter, '-ac', '1', '-ar', '48000', '-f', 's16le', 'pipe:1'];
  const { stdout } = await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 500_000_000 });
  const found: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < stdout.length / 2; at += 1) {
    if (Math.abs(stdout.readInt16LE(2 * at)) < 2500) continue;
    if (at - last > 9600) found.push(at / 48_000);
    last = at;
  }
  return found;
}

/** The colours of the middle of a box in each picture of a film: red, green and blue, from 0 to 255. */
export async function coloursOf(
  file: string,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
  { from = 0, seconds }: { from?: number; seconds?: number } = {},
): Promise<[number, number, number][]> {
  const crop = `crop=${width / 4}:${height / 4}:${x + (width * 3) / 8}:${y + (height * 3) / 8},scale=1:1:flags=area`;
  const length = seconds === undefined ? [] : ['-t', String(seconds)];
  const args = [
    ...['-v', 'error', '-ss', String(from), ...length, '-i', file, '-an', '-vf', crop],
    ...['-pix_fmt', 'rgb24', '-f', 'rawvideo', 'pipe:1'],
  ];
  const { stdout } = await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 50_000_000 });
  return Array.from({ length: stdout.length / 3 }, (_, at) => [
    stdout[3 * at] ?? 0,
    stdout[3 * at + 1] ?? 0,
    stdout[3 * at + 2] ?? 0,
  ]);
}

/** When a box becomes white, s. */
export async function flashes(file: string, box: Parameters<typeof coloursOf>[1]): Promise<number[]> {
  const isWhite = (await coloursOf(file, box)).map((colour) => Math.min(...colour) > 180);
  return isWhite.flatMap((white, at) => (white && !isWhite[at - 1] ? [at / 25] : []));
}
