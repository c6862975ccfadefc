import { stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { FilmRecord } from '../records/films.ts';
import type { Records } from '../records/records.ts';
import { filmFile, type ServedFile } from './served-file.ts';
import { isMissing } from './upload-store.ts';

/** Rows that are read at a time. */
const AT_ONCE = 200;

interface FilmsOptions {
  /** The folder of the recordings. */
  readonly directory: string;
  readonly records: Records;
}

/** The films of recordings: their files. */
export class Films {
  readonly #options: FilmsOptions;

  constructor(options: FilmsOptions) {
    this.#options = options;
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

  /** Deletes the film of a recording. @throws RecordsAway */
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

  #fileOf(id: string): string {
    return path.join(this.#options.directory, `${id}.mp4`);
  }

  async #served(film: FilmRecord | null): Promise<ServedFile | null> {
    if (film?.state !== 'complete') return null;
    const file = this.#fileOf(film.id);
    try {
      return filmFile(film, file, (await stat(file)).size);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async #erase({ id }: FilmRecord): Promise<void> {
    await unlink(this.#fileOf(id)).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    await this.#options.records.films.remove(id);
  }
}
