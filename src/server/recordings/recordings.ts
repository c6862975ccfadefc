import { mkdir } from 'node:fs/promises';
import { nanoid } from 'nanoid';
import type { Logger } from 'pino';
import type { Limit } from '../../protocol/errors.ts';
import { ConfigError } from '../config/environment.ts';
import type { Workspace } from '../domain/workspace.ts';
import { RecordsAway } from '../records/errors.ts';
import type { NewPart, PartRecord } from '../records/recording-parts.ts';
import type { RecordingRecord } from '../records/recordings.ts';
import type { Records } from '../records/records.ts';
import { type Agreements, endOf } from './agreement.ts';
import { newFileId } from './file-id.ts';
import type { Ffmpeg } from './film/ffmpeg.ts';
import { Films } from './films.ts';
import { baseType } from './media-types.ts';
import { RecordingRoom, type Reservation } from './recording-room.ts';
import { partFile, type ServedFile } from './served-file.ts';
import { UploadLocks } from './upload-locks.ts';
import { UploadStore } from './upload-store.ts';

const DAY_MS = 86_400_000;

/** So often it looks for what a death has left, and for recordings that are too old, ms. */
const SWEEP_MS = 600_000;

/** So often at least it looks for uploads whose time is over, ms: another node may have ended a recording. */
const LATE_MS = 60_000;

/** Rows that are read at a time. */
const AT_ONCE = 200;

/** A recording younger than this may be one that the records have heard of before its document, ms. */
const FRESH_MS = 60_000;

/** The limits on the room that recordings take. */
export type RoomLimit = Extract<Limit, 'recording_free_megabytes' | 'max_recording_megabytes'>;

/** What came of giving a part up; `over`: it was over before, `recording`: its recording is on. */
type GivenUp = 'given up' | 'over' | 'whole' | 'recording';

export interface RecordingsOptions {
  /** The folder of the files. */
  readonly directory: string;
  readonly records: Records;
  readonly log: Logger;
  /** ms since the epoch */
  now(): number;
  /** How long uploads may take after the end of their recording, in days. */
  readonly uploadDays: number;
  /** How long recordings are kept, in days; 0: for ever. */
  readonly keptDays: number;
  /** The most bytes of one recording, and those that have to stay free on the disk. */
  readonly quota: { readonly recordingBytes: number; readonly freeBytes: number };
  /** Makes films of recordings; without it nobody does. */
  readonly ffmpeg?: Ffmpeg | null;
  /** Whether several nodes share the folder. */
  readonly isShared: boolean;
  /** The document of a workspace; null where there is none. */
  document(workspaceId: string): Promise<Workspace | null>;
}

/**
 * Recordings: their files, and what becomes of them. The database knows every part before its first byte comes, and its
 * file is whole before the database says so; whatever a death leaves between the two is put right at the start.
 */
export class Recordings {
  readonly store: UploadStore;
  readonly locks: UploadLocks;
  readonly films: Films;
  readonly #options: RecordingsOptions;
  readonly #room: RecordingRoom;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #timer: NodeJS.Timeout;
  #lateTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: RecordingsOptions) {
    this.#options = options;
    const { records } = options;
    this.store = new UploadStore(options.directory, {
      part: (id) => records.recordingParts.get(id),
      declare: (id, bytes) => records.recordingParts.declare(id, bytes),
    });
    this.#room = new RecordingRoom((id) => this.#bytesOf(id), options.now);
    this.locks = new UploadLocks(options.isShared);
    this.films = new Films({ ...options, ffmpeg: options.ffmpeg ?? null });
    records.onRecordingsEnded = (ids) => {
      for (const id of ids) this.#inBackground(this.#settle(id));
    };
    this.#timer = setInterval(() => this.#inBackground(this.sweep()), SWEEP_MS).unref();
    this.#inBackground(this.sweep());
    this.#inBackground(this.#watchLate());
  }

  /** Before when, in ms since the epoch, recordings have to be over for their uploads to end now. */
  get #uploadsUntil(): number {
    const { now, uploadDays } = this.#options;
    return Math.ceil(now() - uploadDays * DAY_MS);
  }

  /** How long the token of an upload is good, ms. */
  get uploadMs(): number {
    return this.#options.uploadDays * DAY_MS;
  }

  /**
   * Begins a part, or finds the one that the attendee has begun with the same id. Its file is there then.
   * @returns as `Recordings.begin` of the records @throws RecordsAway
   */
  async begin(part: Omit<NewPart, 'id'>): Promise<PartRecord | 'unknown' | 'full'> {
    const { records, now } = this.#options;
    const id = newFileId();
    const begun = await records.recordingParts.begin({ ...part, id, mimeType: baseType(part.mimeType) }, now());
    if (typeof begun === 'object' && begun.state === 'uploading') await this.store.make(begun.id);
    return begun;
  }

  /** @throws RecordsAway */
  part(id: string): Promise<PartRecord | null> {
    return this.#options.records.recordingParts.get(id);
  }

  /** A part, or the film, of a recording of a workspace as a file; null where there is none, or it is erased. @throws RecordsAway */
  async fileIn(workspaceId: string, id: string): Promise<ServedFile | null> {
    const part = await this.partIn(workspaceId, id);
    if (!part) return this.films.fileIn(workspaceId, id);
    if (part.state === 'erasing') return null;
    const size = await this.store.sizeOf(id);
    return size === null ? null : partFile(part, this.store.fileOf(id), size);
  }

  /** A recording, and who has agreed to it; null where there is none. @throws RecordsAway */
  async agreements(recordingId: string): Promise<Agreements | null> {
    const { recordings } = this.#options.records;
    const recording = await recordings.get(recordingId);
    if (!recording) return null;
    const [consents, moves] = await Promise.all([recordings.consents(recordingId), recordings.moves(recording)]);
    return { recording, consents, moves };
  }

  /** Whether there is still time for uploads to a recording. */
  takesParts({ stoppedAt }: Pick<RecordingRecord, 'stoppedAt'>): boolean {
    return stoppedAt === null || stoppedAt >= this.#uploadsUntil;
  }

  /**
   * Notes when the run of the recorder ended: not later than its recording, or the consent to it.
   * @param endedAt as its client says, ms since the epoch
   * @throws RecordsAway
   */
  async noteEnd(part: PartRecord, endedAt: number): Promise<void> {
    const { records, now } = this.#options;
    const agreements = await this.agreements(part.recordingId);
    const latest = Math.min(now(), agreements ? endOf(agreements, part) : Number.POSITIVE_INFINITY);
    await records.recordingParts.noteEnd(part.id, Math.max(Math.min(endedAt, latest), part.startedAt));
  }

  /**
   * Reserves room for so many more bytes.
   * @returns the limit that has none @throws RecordsAway
   */
  async reserve({ recordingId }: PartRecord, bytes: number): Promise<Reservation | RoomLimit> {
    const { quota } = this.#options;
    const free = await this.store.freeBytes();
    if (free - this.#room.coming - bytes < quota.freeBytes) return 'recording_free_megabytes';
    return (await this.#room.reserve(recordingId, bytes, quota.recordingBytes)) ?? 'max_recording_megabytes';
  }

  /**
   * Notes that a part is whole, with its checksum, once all its bytes are on the disk.
   * @throws RecordsAway; then the next look at unfinished uploads does it
   */
  async finish(part: PartRecord): Promise<void> {
    const { records, log } = this.#options;
    const bytes = await this.store.getSynced(part.id);
    const sha256 = await this.store.digestOf(part.id);
    await records.recordingParts.finish(part.id, { state: 'complete', bytes, sha256 });
    log.info({ recording: part.recordingId, part: part.n, bytes }, 'a part of a recording is whole');
    await this.#settle(part.recordingId);
  }

  /** Whether a part of so many bytes can never be whole, even if its recording had no other. */
  isBeyondRoom(bytes: number): boolean {
    return bytes > this.#options.quota.recordingBytes;
  }

  /** Gives up a part whose bytes are none that anybody may keep. Call it with the lock of the upload. @throws RecordsAway */
  async drop(part: PartRecord): Promise<void> {
    const { records, log } = this.#options;
    await records.recordingParts.finish(part.id, { state: 'lost', bytes: 0, sha256: null });
    await this.store.erase(part.id);
    log.info({ recording: part.recordingId, part: part.n }, 'a part of a recording is not of its type');
    await this.#settle(part.recordingId);
  }

  /**
   * Gives up a part that is not whole, of a recording that is over: what has come of it is kept, and nothing waits for the rest.
   * @returns `busy`: another node works on it for too long @throws RecordsAway
   */
  async giveUp({ id, recordingId }: PartRecord): Promise<GivenUp | 'busy'> {
    const { records, log } = this.#options;
    const recording = await records.recordings.get(recordingId);
    if (recording?.state === 'recording') return 'recording';
    const result = await this.locks.run(this.store.fileOf(id), async (): Promise<GivenUp> => {
      const part = await this.part(id);
      if (part?.state === 'complete') return 'whole';
      if (part?.state !== 'uploading') return 'over';
      if (!(await this.#hasAll(part))) {
        await this.#giveUp(part);
        log.info({ recording: recordingId, part: part.n }, 'a part of a recording was given up');
        return 'given up';
      }
      // Its last byte has just come.
      await this.finish(part);
      return 'whole';
    });
    if (result === 'given up') await this.#settle(recordingId);
    return result;
  }

  /** A part of a recording of a workspace; null where there is none. @throws RecordsAway */
  async partIn(workspaceId: string, id: string): Promise<PartRecord | null> {
    const part = await this.part(id);
    const recording = part && (await this.#options.records.recordings.get(part.recordingId));
    return recording?.workspaceId === workspaceId ? part : null;
  }

  /** Deletes a recording with its files. @throws RecordsAway */
  async delete(id: string): Promise<void> {
    const { records, log } = this.#options;
    await records.recordings.markDeleted(id);
    await this.#remove(id);
    log.info({ recording: id }, 'a recording was deleted');
  }

  /** Deletes the files of parts that have to go, such as when their user was erased. @throws RecordsAway */
  async eraseFiles(): Promise<void> {
    const { recordingParts } = this.#options.records;
    const next = () => recordingParts.erasing(AT_ONCE);
    for (let parts = await next(); parts.length > 0; parts = await next()) {
      for (const part of parts) {
        await this.#eraseFile(part);
        await recordingParts.noteErased(part.id);
        await this.#settle(part.recordingId);
      }
    }
    await this.films.eraseFiles();
  }

  /**
   * Puts right what a death has left, ends uploads that have taken too long, and deletes recordings that are too old.
   * @throws RecordsAway
   */
  async sweep(): Promise<void> {
    await this.#finishWhole();
    await this.#stopLost();
    await this.#settleAll();
    await this.#endLate();
    await this.#deleteOld();
    await this.eraseFiles();
    for (const { id } of await this.#options.records.recordings.inState('deleted', Number.MAX_SAFE_INTEGER, AT_ONCE)) {
      await this.#remove(id);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#lateTimer);
    await this.films.close();
    await Promise.allSettled(this.#underWay);
  }

  /** Parts whose last byte came before a death, and that nobody has noted as whole. */
  async #finishWhole(): Promise<void> {
    const { records } = this.#options;
    for (let after = ''; !this.#isClosed; ) {
      const parts = await records.recordingParts.uploading(after, AT_ONCE);
      for (const part of parts) {
        if (!(await this.#hasAll(part))) continue;
        await this.locks.run(this.store.fileOf(part.id), () => this.finish(part));
      }
      const last = parts.at(-1);
      if (!last) return;
      after = last.id;
    }
  }

  /** Recordings whose workspaces have gone without a word, such as with their store. */
  async #stopLost(): Promise<void> {
    const { records, now, document } = this.#options;
    for (const { id, workspaceId } of await records.recordings.inState('recording', now() - FRESH_MS, AT_ONCE)) {
      const workspace = await document(workspaceId);
      // Events that wait in the document tell of the end themselves.
      if (workspace && (workspace.recording?.id === id || workspace.outbox.length > 0)) continue;
      await records.recordings.stop(id, now());
    }
  }

  async #settleAll(): Promise<void> {
    const { records } = this.#options;
    for (const { id } of await records.recordings.inState('uploading', Number.MAX_SAFE_INTEGER, AT_ONCE)) {
      await this.#settle(id);
    }
  }

  /** Uploads that did not end in time: what has come is kept. */
  async #endLate(): Promise<void> {
    const { records } = this.#options;
    for (const { id } of await records.recordings.unsettled(this.#uploadsUntil, AT_ONCE)) {
      const parts = (await records.recordingParts.of([id])).filter(({ state }) => state === 'uploading');
      for (const part of parts) await this.locks.run(this.store.fileOf(part.id), () => this.#giveUp(part));
      await this.#settle(id);
    }
  }

  /** Ends late uploads when their time is over, and looks each minute whether a deadline is nearer than that. */
  async #watchLate(): Promise<void> {
    let pause = LATE_MS;
    try {
      const before = this.#uploadsUntil;
      await this.#endLate();
      pause = await this.#untilLate(before);
    } finally {
      if (!this.#isClosed) this.#lateTimer = setTimeout(() => this.#inBackground(this.#watchLate()), pause).unref();
    }
  }

  /**
   * How long it is until the next uploads are late, ms; a minute at most.
   * @param tried those that were over before that were late already: what could not be ended is tried again in a minute
   */
  async #untilLate(tried: number): Promise<number> {
    const { records, now } = this.#options;
    const [next] = await records.recordings.unsettled(Number.MAX_SAFE_INTEGER, 1);
    if (next?.stoppedAt == null || next.stoppedAt < tried) return LATE_MS;
    const until = Math.floor(next.stoppedAt + this.uploadMs) + 1 - now();
    return Math.max(1, Math.min(until, LATE_MS));
  }

  /** Whether all bytes of a part are there, as many as its browser has declared. */
  async #hasAll({ id, declaredBytes }: PartRecord): Promise<boolean> {
    return declaredBytes !== null && (await this.store.sizeOf(id)) === declaredBytes;
  }

  async #giveUp({ id }: PartRecord): Promise<void> {
    const { recordingParts } = this.#options.records;
    const bytes = (await this.store.sizeOf(id)) ?? 0;
    const sha256 = bytes === 0 ? null : await this.store.digestOf(id);
    await recordingParts.finish(id, { state: bytes === 0 ? 'lost' : 'partial', bytes, sha256 });
  }

  async #deleteOld(): Promise<void> {
    const { records, keptDays, now } = this.#options;
    if (keptDays === 0) return;
    for (const id of await records.recordings.old(now() - keptDays * DAY_MS, AT_ONCE)) await this.delete(id);
  }

  /** Deletes the files of a recording, and then its rows. */
  async #remove(id: string): Promise<void> {
    const { recordings, recordingParts } = this.#options.records;
    await this.films.delete(id);
    for (const part of await recordingParts.of([id])) await this.#eraseFile(part);
    await recordings.remove(id);
    this.#room.forget(id);
  }

  async #eraseFile({ id }: PartRecord): Promise<void> {
    await this.locks.run(this.store.fileOf(id), () => this.store.erase(id));
  }

  async #settle(id: string): Promise<void> {
    const { records, log } = this.#options;
    const state = await records.settleRecording(id);
    if (state === null) return;
    log.info({ recording: id, state }, 'a recording is settled');
    await this.films.settled(id);
  }

  /** The bytes that a recording has on the disk. */
  async #bytesOf(recordingId: string): Promise<number> {
    const parts = await this.#options.records.recordingParts.of([recordingId]);
    const sizes = await Promise.all(parts.map(({ id }) => this.store.sizeOf(id)));
    return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  }

  #inBackground(work: Promise<unknown>): void {
    const done = work
      .catch((error: unknown) => {
        // The next sweep does it. The log says already where the database is away.
        if (!(error instanceof RecordsAway) && !this.#isClosed)
          this.#options.log.error({ err: error }, 'Work on recordings has failed. It is tried again.');
      })
      .finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }
}

/**
 * Opens the folder of the recordings.
 * @throws ConfigError where it cannot be used
 */
export async function openRecordings(options: RecordingsOptions): Promise<Recordings> {
  try {
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    const { open, unlink } = await import('node:fs/promises');
    const trial = `${options.directory}/.trial-${nanoid(8)}`;
    await (await open(trial, 'wx', 0o600)).close();
    await unlink(trial);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new ConfigError(
      `The folder of the recordings, ${options.directory}, cannot be written${code}. Make it writable, or set RECORDINGS_DIR to another one.`,
    );
  }
  return new Recordings(options);
}
