import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { promisify } from 'node:util';

/** The least version: the first one with `-fps_mode`. */
const LEAST = [5, 1] as const;

/** What the composition needs; some builds of ffmpeg lack it. */
const needed = { encoders: ['libx264', 'aac', 'flac'], filters: ['ass', 'overlay', 'amix', 'aresample'] } as const;

/** It gives way to everything else on the machine, and comes to an end all the same where that never rests. */
const NICENESS = 10;

/** Characters of what ffmpeg says that are kept. */
const MOST_SAID = 2000;

/** Answers of programs to short questions: the longest wait, ms, and the most bytes. */
const ANSWER = { timeout: 60_000, maxBuffer: 4_000_000 };

/**
 * Before each input. What comes from browsers is read as the container that it was taken for, with their codecs alone, so that
 * nothing in a file makes ffmpeg open another one, or a connection; and no picture is so large that it fills the memory.
 */
const guards = [
  '-protocol_whitelist',
  'file',
  '-codec_whitelist',
  'vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,libaom-av1,h264,hevc,opus,libopus,vorbis,libvorbis,aac,flac,mp3,mp3float,pcm_s16le,pcm_f32le',
  '-max_pixels',
  '33177600',
  '-threads',
  '1',
];

/** ffmpeg knows nothing of the settings of the server, least of all its secrets. */
const passedOn = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'XDG_CACHE_HOME', 'FONTCONFIG_FILE', 'FONTCONFIG_PATH'];

/** The time of the processor that a command may take: some, and so much for each second of what it makes, s. */
const STARTING_SECONDS = 60;
const SECONDS_PER_SECOND = 8;

export const secondsFor = (ms: number) => STARTING_SECONDS + (SECONDS_PER_SECOND * ms) / 1000;

interface Run {
  /** The folder in which it works. */
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** The most time of the processor that it may take, s. */
  readonly seconds: number;
}

/** That ffmpeg has failed, with what it said. */
export class FfmpegFailed extends Error {}

/** The programs ffmpeg and ffprobe, run without a shell. */
export interface Ffmpeg {
  /** @throws FfmpegFailed, or the reason of the signal */
  run(args: readonly string[], options: Run): Promise<void>;
  /** What ffprobe says of a file, as JSON. @throws FfmpegFailed where it is none that it can read; Error where that takes too long */
  probe(file: Input, entries: string): Promise<unknown>;
}

/** What every step of a composition works with. */
export interface Work {
  readonly ffmpeg: Ffmpeg;
  /** An empty folder for what is made on the way. Its owner deletes it. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** A file to read. */
export interface Input {
  /** An absolute path, or the name of a file in the folder of the work. */
  readonly file: string;
  /** The name of its demuxer. */
  readonly format: string;
  readonly options?: readonly string[];
  /** The folder of the work. */
  readonly cwd?: string;
}

/** The arguments that have ffmpeg read a file. */
export function input({ file, format, options = [] }: Input): string[] {
  return [...guards, '-f', format, ...options, '-i', `file:${file}`];
}

const ask = promisify(execFile);

/**
 * @param niceness from 0, as everything else, to 19
 * @returns the programs, or a sentence that says what is missing
 */
export async function findFfmpeg({
  program = 'ffmpeg',
  prober = 'ffprobe',
  niceness = NICENESS,
} = {}): Promise<Ffmpeg | string> {
  try {
    const { stdout } = await ask(program, ['-hide_banner', '-version'], { ...ANSWER, env: environment() });
    const [, major, minor = '0'] = /^ffmpeg version n?(\d+)(?:\.(\d+))?/.exec(stdout) ?? [];
    const [least, leastMinor] = LEAST;
    // Builds from a repository have a date or a hash for a version.
    if (major !== undefined && (Number(major) < least || (Number(major) === least && Number(minor) < leastMinor))) {
      return `ffmpeg ${major}.${minor} is too old: ${LEAST.join('.')} or later is needed.`;
    }
    for (const [kind, names] of Object.entries(needed)) {
      const { stdout } = await ask(program, ['-hide_banner', `-${kind}`], { ...ANSWER, env: environment() });
      const lacking = names.filter((name) => !new RegExp(`^ \\S+ +${name} `, 'm').test(stdout));
      if (lacking.length > 0) return `ffmpeg was built without ${lacking.join(', ')}.`;
    }
    await ask(prober, ['-hide_banner', '-version'], { ...ANSWER, env: environment() });
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isMissing ? 'ffmpeg and ffprobe are not installed.' : 'ffmpeg does not run.';
  }
  return {
    run: (args, options) => run(program, args, { ...options, niceness }),
    async probe(file, entries) {
      const args = [
        '-hide_banner',
        '-v',
        'error',
        ...withoutThreads(input(file)),
        '-of',
        'json',
        '-show_entries',
        entries,
      ];
      try {
        const options = { ...ANSWER, env: environment(), ...(file.cwd === undefined ? {} : { cwd: file.cwd }) };
        return JSON.parse((await ask(prober, args, options)).stdout);
      } catch (error) {
        if (error instanceof Error && 'killed' in error && error.killed) throw new Error('ffprobe took too long');
        throw new FfmpegFailed('ffprobe could not read it', { cause: error });
      }
    },
  };
}

const withoutThreads = (args: readonly string[]) =>
  args.filter((arg, index) => arg !== '-threads' && args[index - 1] !== '-threads');

async function run(
  program: string,
  args: readonly string[],
  { cwd, signal, seconds, niceness }: Run & { niceness: number },
): Promise<void> {
  signal.throwIfAborted();
  const limit = String(Math.ceil(seconds));
  const all = [
    '-nostdin',
    '-hide_banner',
    '-loglevel',
    'error',
    '-timelimit',
    limit,
    '-filter_threads',
    '1',
    '-y',
    ...args,
  ];
  const child = spawn(program, all, { cwd, env: environment(), stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MOST_SAID);
  });
  try {
    if (child.pid !== undefined) lower(child.pid, niceness);
    const [code, killedBy] = await once(child, 'close');
    signal.throwIfAborted();
    if (code !== 0) throw new FfmpegFailed(`ffmpeg ended with ${code ?? killedBy}: ${said.trim()}`);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function lower(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // It has ended already, or this system has no priorities.
  }
}

function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    passedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
