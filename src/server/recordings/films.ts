import { stat, unlink } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { FilmRecord } from '../records/films.ts';
import type { Records } from '../records/records.ts';
import { newFileId } from './file-id.ts';
import type { Ffmpeg } from './film/ffmpeg.ts';
import { isThere, madeOf } from './film/material.ts';
import { FilmQueue, filmFileOf, workFolderOf } from './film/queue.ts';
import { deleteFolder } from './film/work-folder.ts';
import { filmFile, type ServedFile } from './served-file.ts';
import { isMissing } from './upload-store.ts';

/** Rows that are read at a time. */
const AT_ONCE = 200;

export interface FilmsOptions {
  /** The folder of the recordings. */
  readonly directory: string;
  readonly records: Records;
  readonly log: Logger;
  /** ms since the epoch */
  now(): number;
  readonly quota: { readonly recordingBytes: number; readonly freeBytes: number };
  /** Makes the films; null where nobody does. */
  readonly ffmpeg: Ffmpeg | null;
}

/** The films of recordings: their files, and when they are made. */
export class Films {
  readonly #options: FilmsOptions;
  readonly #queue: FilmQueue | null;

  constructor(options: FilmsOptions) {
    this.#options = options;
    const { ffmpeg } = options;
    this.#queue = ffmpeg && new FilmQueue({ ...options, ffmpeg });
  }

  /** The film of a recording as a file; null: there is none. @throws RecordsAway */
  async file(recordingId: string): Promise<ServedFile | null> {
    return this.#served(await this.#options.records.films.get(recordingId));
  }

  /** The film of a workspace's recording as a file; null: there is none of that name. @throws RecordsAway */
  async fileIn(workspaceId: string, id: string): Promise<ServedFile | null> {
    const { records } = this.#options;
    const film = await records.films.byId(id);
    const recording = film && (await records.recordings.get(film.recordingId));
    return recording?.workspaceId === workspaceId ? this.#served(film) : null;
  }

  /** Has a film made of a recording whose parts are there; anew where it has one of other parts. @throws RecordsAway */
  async settled(recordingId: string): Promise<void> {
    if (!this.#queue) return;
    const { films } = this.#options.records;
    const film = await films.get(recordingId);
    if (!film) return this.#want(recordingId);
    const parts = await this.#options.records.recordingParts.of([recordingId]);
    if (film.madeOf !== madeOf(parts) && film.state !== 'waiting') await this.delete(recordingId);
    else this.#queue.look();
  }

  /** Deletes the film of a recording. While the recording is there, it is made anew. @throws RecordsAway */
  async delete(recordingId: string): Promise<void> {
    const { films } = this.#options.records;
    await films.discard(recordingId);
    const film = await films.get(recordingId);
    if (film) await this.#erase(film);
  }

  /** Deletes the files of films that have to go, such as when somebody was erased who is in them. @throws RecordsAway */
  async eraseFiles(): Promise<void> {
    const { films } = this.#options.records;
    for (let some = await films.erasing(AT_ONCE); some.length > 0; some = await films.erasing(AT_ONCE)) {
      for (const film of some) await this.#erase(film);
    }
  }

  async close(): Promise<void> {
    await this.#queue?.close();
  }

  async #want(recordingId: string): Promise<void> {
    const { records, now } = this.#options;
    const recording = await records.recordings.get(recordingId);
    if (!this.#queue || (recording?.state !== 'completed' && recording?.state !== 'partly')) return;
    if (!(await records.recordingParts.of([recordingId])).some(isThere)) return;
    await records.films.want(recordingId, newFileId(), now());
    this.#queue.look();
  }

  async #served(film: FilmRecord | null): Promise<ServedFile | null> {
    if (film?.state !== 'complete') return null;
    const file = filmFileOf(this.#options.directory, film.id);
    try {
      return filmFile(film, file, (await stat(file)).size);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async #erase({ id, recordingId }: FilmRecord): Promise<void> {
    const { directory, records } = this.#options;
    this.#queue?.abandon(recordingId);
    await unlink(filmFileOf(directory, id)).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    await deleteFolder(workFolderOf(directory, id));
    await records.films.remove(id);
    await this.#want(recordingId);
  }
}
