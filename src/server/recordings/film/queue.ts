import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, open, rename, stat, statfs, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import { RecordsAway } from '../../records/errors.ts';
import type { FilmRecord, FinishedFilm } from '../../records/films.ts';
import type { PartRecord } from '../../records/recording-parts.ts';
import type { Records } from '../../records/records.ts';
import { newFileId } from '../file-id.ts';
import { compose, NothingToShow } from './compose.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import { madeOf, materialOf, type Recorded, recordedOf } from './material.ts';
import { Obstacle, problemOf } from './problem.ts';
import { takeFolder, type WorkFolder } from './work-folder.ts';

/** So often it looks for films to make, ms. */
const LOOK_MS = 60_000;

/** The pause after each attempt that failed, ms; after the last one a film is given up. */
const PAUSES_MS = [60_000, 600_000, 3_600_000, 6 * 3_600_000];

/** A recording that was settled earlier than that is not composed by itself, ms. */
const FRESH_MS = 24 * 3_600_000;

const AT_ONCE = 20;

/** What is made on the way takes about so many times the bytes of the parts. */
const TIMES_ITS_PARTS = 3;

/** So often it looks at the room that is left, ms. */
const DISK_MS = 2000;

/** The longest time that a film may take: some, and so much for each part of its length, ms. */
const MOST_MS = 1_800_000;
const MOST_TIMES_AS_LONG = 20;

interface QueueOptions {
  /** The folder of the recordings. */
  readonly directory: string;
  readonly records: Records;
  readonly log: Logger;
  /** ms since the epoch */
  now(): number;
  readonly ffmpeg: Ffmpeg;
  readonly quota: { readonly recordingBytes: number; readonly freeBytes: number };
}

/** That nobody waits for the film any more: its recording was deleted, or its parts are others now. */
class Abandoned extends Error {}

/** That the server stops. */
class Stopping extends Error {}

const EMPTY = 'Nothing of its parts is there.';

export const filmFileOf = (directory: string, id: string) => path.join(directory, `${id}.mp4`);
export const workFolderOf = (directory: string, id: string) => path.join(directory, `${id}.work`);

/** Makes the films of recordings, one after the other; of all nodes one makes the same film. */
export class FilmQueue {
  readonly #options: QueueOptions;
  readonly #timer: NodeJS.Timeout;
  #working: Promise<void> | null = null;
  #looksAgain = false;
  #current: { readonly recordingId: string; readonly abort: AbortController } | null = null;
  #isClosed = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
    this.look();
  }

  /** Looks for films to make. */
  look(): void {
    if (this.#isClosed) return;
    if (this.#working) {
      this.#looksAgain = true;
      return;
    }
    this.#working = this.#makeAll()
      .catch((error: unknown) => {
        // The log says already where the database is away.
        if (!(error instanceof RecordsAway))
          this.#options.log.error({ err: error }, 'Films were not made. It is tried again.');
        this.#looksAgain = false;
      })
      .finally(() => {
        this.#working = null;
        if (!this.#looksAgain) return;
        this.#looksAgain = false;
        this.look();
      });
  }

  /** Stops the work on the film of a recording, if this node does it. */
  abandon(recordingId: string): void {
    if (this.#current?.recordingId === recordingId) this.#current.abort.abort(new Abandoned());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#current?.abort.abort(new Stopping());
    await this.#working;
  }

  async #makeAll(): Promise<void> {
    const { records, now } = this.#options;
    for (const id of await records.films.missing(now() - FRESH_MS, AT_ONCE))
      await records.films.want(id, newFileId(), now());
    let hasMade = true;
    while (hasMade && !this.#isClosed) {
      hasMade = false;
      for (const film of await records.films.due(now(), AT_ONCE)) {
        if (this.#isClosed) return;
        hasMade = (await this.#make(film)) || hasMade;
      }
    }
  }

  /** @returns whether something was done */
  async #make(film: FilmRecord): Promise<boolean> {
    const { directory, records } = this.#options;
    const recording = await records.recordings.get(film.recordingId);
    // Parts are under way again: it is made when they are there.
    if (recording?.state !== 'completed' && recording?.state !== 'partly') return false;
    const folder = await takeFolder(workFolderOf(directory, film.id));
    if (!folder) return false;
    let isOver = false;
    try {
      const attempts = await records.films.begin(film.id);
      if (attempts === null) return true;
      const recorded = await recordedOf(records, recording);
      isOver = await this.#attempt(film, attempts, recorded, folder);
      return true;
    } finally {
      await folder.release(isOver);
    }
  }

  /** @returns whether this was the last attempt */
  async #attempt(film: FilmRecord, attempts: number, recorded: Recorded, folder: WorkFolder): Promise<boolean> {
    const { records, log } = this.#options;
    const named = { recording: film.recordingId, attempts };
    const abort = new AbortController();
    this.#current = { recordingId: film.recordingId, abort };
    if (this.#isClosed) abort.abort(new Stopping());
    try {
      if (attempts > PAUSES_MS.length + 1) throw new Obstacle('too often');
      const begun = performance.now();
      const { unread, ...whole } = await this.#film(film, recorded, folder, abort);
      const seconds = Math.round((performance.now() - begun) / 1000);
      if (!(await records.films.finish(film.id, whole))) throw new Abandoned();
      log.info(
        { ...named, bytes: whole.bytes, durationMs: whole.durationMs, seconds },
        'the film of a recording is made',
      );
      if (unread.length > 0)
        log.warn({ ...named, parts: unread }, 'parts of a recording cannot be read: the film lacks them');
      return true;
    } catch (error) {
      return this.#failed(film, attempts, error);
    } finally {
      this.#current = null;
    }
  }

  async #failed({ id, recordingId }: FilmRecord, attempts: number, error: unknown): Promise<boolean> {
    const { directory, records, log, now } = this.#options;
    if (error instanceof RecordsAway) throw error;
    if (error instanceof Stopping) {
      await records.films.interrupt(id);
      return false;
    }
    if (error instanceof Abandoned) {
      await unlink(filmFileOf(directory, id)).catch(() => {});
      return true;
    }
    const pause = error instanceof NothingToShow ? undefined : PAUSES_MS[attempts - 1];
    const problem = problemOf(error);
    await records.films.postpone(id, { problem, nextAt: pause === undefined ? null : now() + pause });
    const named = { recording: recordingId, attempts, err: error };
    if (pause === undefined) log.error(named, `A film was not made, and is given up. ${problem}`);
    else log.warn(named, `A film was not made. ${problem} It is tried again.`);
    return pause === undefined;
  }

  async #film(
    { id }: FilmRecord,
    recorded: Recorded,
    folder: WorkFolder,
    abort: AbortController,
  ): Promise<FinishedFilm & { unread: readonly number[] }> {
    const { directory, ffmpeg, quota } = this.#options;
    const { parts } = recorded;
    if (parts.length === 0) throw new NothingToShow(EMPTY);
    const material = materialOf(recorded, (part: PartRecord) => path.join(directory, part.id));
    const bytes = parts.reduce((sum, part) => sum + (part.bytes ?? 0), 0);
    await this.#mustHaveRoom(bytes * TIMES_ITS_PARTS);
    const watch = setInterval(() => {
      this.#mustHaveRoom(0).catch((error: unknown) => abort.abort(error));
    }, DISK_MS);
    const longest = Math.max(...material.sources.map(({ startedAt, endedAt }) => endedAt - startedAt));
    const limit = setTimeout(() => abort.abort(new Obstacle('too long')), MOST_MS + MOST_TIMES_AS_LONG * longest);
    try {
      const made = await compose(material, { ffmpeg, folder: folder.path, signal: abort.signal });
      const file = path.join(folder.path, made.file);
      const { size } = await stat(file);
      if (size > quota.recordingBytes) throw new Obstacle('too large');
      const sha256 = await digestOf(file);
      abort.signal.throwIfAborted();
      await putInPlace(file, filmFileOf(directory, id));
      const { startedAt, durationMs, unread } = made;
      return { madeOf: madeOf(parts), startedAt, durationMs, bytes: size, sha256, unread };
    } finally {
      clearInterval(watch);
      clearTimeout(limit);
    }
  }

  async #mustHaveRoom(bytes: number): Promise<void> {
    const { directory, quota } = this.#options;
    const { bavail, bsize } = await statfs(directory);
    if (bavail * bsize - bytes < quota.freeBytes) throw new Obstacle('disk full');
  }
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Gives a file its name, once it would survive a power cut. */
async function putInPlace(from: string, to: string): Promise<void> {
  await chmod(from, 0o600);
  await sync(from, 'r+');
  await rename(from, to);
  await sync(path.dirname(to), 'r');
}

async function sync(file: string, flags: string): Promise<void> {
  const handle = await open(file, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
