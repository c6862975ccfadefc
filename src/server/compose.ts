import { access, chmod, mkdir, readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import dotenv from 'dotenv';
import { pino } from 'pino';
import { z } from 'zod';
import { readEnvFile } from './config/env-file.ts';
import { ConfigError } from './config/environment.ts';
import { loadConfig } from './config/load-config.ts';
import { compose, NothingToShow } from './recordings/film/compose.ts';
import { FfmpegFailed, findFfmpeg } from './recordings/film/ffmpeg.ts';
import { materialOf, type Recorded, recordedOf } from './recordings/film/material.ts';
import { takeFolder } from './recordings/film/work-folder.ts';
import { suffixOf } from './recordings/media-types.ts';
import { RecordsAway } from './records/errors.ts';
import type { PartRecord } from './records/recording-parts.ts';
import { StoreError } from './storage/store.ts';

interface ComposeOptions {
  /** The id of a recording of this server, or a folder with one. */
  readonly recording: string;
  /** The file of the film. */
  readonly output?: string;
}

/** A recording, and where the bytes of its parts are. */
interface Found {
  readonly id: string;
  readonly recorded: Recorded;
  fileOf(part: PartRecord): string;
}

/** The file of a folder that says what its parts are: the answer of REST to `GET recordings/{id}`. */
const DESCRIPTION = 'recording.json';

/** The members of that answer that are needed. */
const described = z.object({
  recording: z.object({
    id: z.string().regex(/^[\w-]+$/),
    startedAt: z.number(),
    stoppedAt: z.number().nullable(),
    parts: z.array(
      z.object({
        n: z.number().int().positive(),
        attendee: z.object({ id: z.string() }),
        name: z.string(),
        source: z.string(),
        mimeType: z.string(),
        startedAt: z.number(),
        endedAt: z.number().nullable(),
        bytes: z.number(),
      }),
    ),
    consents: z.array(
      z.object({ attendee: z.object({ id: z.string() }), name: z.string(), given: z.boolean(), at: z.number() }),
    ),
  }),
});

/**
 * Makes the film of one recording, beside a server that is running or not. It reads what the server has, and changes
 * nothing of it. Where a person can mend what is wrong, it prints one sentence on stderr and ends the process with code 1.
 */
export async function composeRecording(options: ComposeOptions): Promise<void> {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
  try {
    process.stdout.write(`${await film(options, abort.signal)}\n`);
  } catch (error) {
    if (abort.signal.aborted) process.exit(130);
    process.stderr.write(`${sentenceOf(error)}\n`);
    process.exit(1);
  }
}

/** @returns the file of the film */
async function film({ recording, output }: ComposeOptions, signal: AbortSignal): Promise<string> {
  const ffmpeg = await findFfmpeg();
  if (typeof ffmpeg === 'string') throw new ConfigError(`${ffmpeg} On Debian: apt-get install ffmpeg`);
  const isFolder = (await stat(recording).catch(() => null))?.isDirectory() ?? false;
  const { id, recorded, fileOf } = isFolder ? await inFolder(path.resolve(recording)) : await onServer(recording);
  const file = path.resolve(output ?? `${id}.mp4`);
  if (recorded.parts.length === 0) throw new NothingToShow('None of its parts is there.');
  await mkdir(path.dirname(file), { recursive: true });
  const folder = await takeFolder(`${file}.work`);
  if (!folder) throw new ConfigError(`Another process makes ${file} already.`);
  try {
    const made = await compose(materialOf(recorded, fileOf), { ffmpeg, folder: folder.path, signal });
    const numbers = made.unread.join(', ');
    if (numbers !== '') process.stderr.write(`These parts cannot be read, so the film lacks them: ${numbers}.\n`);
    await chmod(path.join(folder.path, made.file), 0o600);
    await rename(path.join(folder.path, made.file), file);
    return file;
  } finally {
    await folder.release(true);
  }
}

/** A recording that REST has handed out: its description, and the parts under the names that REST gives them. */
async function inFolder(folder: string): Promise<Found> {
  const file = path.join(folder, DESCRIPTION);
  const text = await readFile(file, 'utf8').catch(() => {
    throw new ConfigError(`${file} is missing: save the answer to GET recordings/{id} there, and the parts beside it.`);
  });
  const read = described.safeParse(jsonOf(text));
  if (!read.success) throw new ConfigError(`${file} is not the answer to GET recordings/{id}.`);
  const { id, startedAt, stoppedAt, parts, consents } = read.data.recording;
  const fileOf = ({ n, mimeType }: Pick<PartRecord, 'n' | 'mimeType'>) =>
    path.join(folder, `part-${n}.${suffixOf(mimeType)}`);
  const present: PartRecord[] = [];
  for (const part of parts) {
    const isThere = await access(fileOf(part)).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    const common = { id: String(part.n), recordingId: id, user: null, part: '', declaredBytes: null, sha256: null };
    present.push({ ...part, ...common, attendee: part.attendee.id, state: 'complete' });
  }
  const said = consents.map((consent) => ({ ...consent, attendee: consent.attendee.id, user: null, text: '' }));
  const recording = { id, workspaceId: '', startedAt, stoppedAt };
  return { id, recorded: { recording, parts: present, consents: said, moves: [], call: null }, fileOf };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A recording of the server whose configuration stands here. */
async function onServer(id: string): Promise<Found> {
  dotenv.populate(process.env as Record<string, string>, readEnvFile('.env'));
  const { records: config, recordingsDirectory } = loadConfig(process.env);
  if (!config || recordingsDirectory === null) {
    throw new ConfigError('There is no such folder, and this server has no recordings: RECORDINGS_DIR is not set.');
  }
  const { readRecords } = await import('./records/records.ts');
  const records = await readRecords(config, { log: pino({ level: 'silent' }), now: Date.now, days: 0, webhooks: [] });
  try {
    const recording = await records.recordings.get(id);
    if (!recording) throw new ConfigError(`There is neither a recording with the id ${id} nor a folder of that name.`);
    const recorded = await recordedOf(records, recording);
    return { id, recorded, fileOf: (part) => path.join(recordingsDirectory, part.id) };
  } finally {
    await records.close();
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof RecordsAway) return 'The database of the records cannot be read. Is it up?';
  if (error instanceof ConfigError || error instanceof StoreError) return error.message;
  if (error instanceof NothingToShow || error instanceof FfmpegFailed) return `There is no film. ${error.message}`;
  throw error;
}
