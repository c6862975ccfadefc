import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat, statfs, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { FileStore } from '@tus/file-store';
import { Upload } from '@tus/utils';
import type { PartRecord } from '../records/recording-parts.ts';

/** The rows of uploads, which know how long each will be. */
export interface UploadRows {
  part(id: string): Promise<PartRecord | null>;
  declare(id: string, bytes: number): Promise<void>;
}

/** A refusal of the store: the server of tus answers with it. */
interface TusError {
  readonly status_code: number;
  readonly body: string;
}

const FULL: TusError = { status_code: 507, body: 'The disk of the server is full. Try again later.\n' };

/** Codes of a disk or a quota that is full. */
const fullCodes = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/**
 * The files of uploads, one a part. It differs from the file store of tus in what has to last: an offset is told only when
 * its bytes would survive a power cut, an upload never expires by itself, and the database is the one place that knows
 * what an upload is.
 */
export class UploadStore extends FileStore {
  /** Up to where this process knows that the bytes of a file are on the disk. */
  readonly #synced = new Map<string, number>();
  /** What is to be written next, by the ids of the uploads. */
  readonly #given = new Map<string, Buffer>();

  /** @param directory is there already */
  constructor(directory: string, rows: UploadRows) {
    super({
      directory,
      configstore: {
        async get(id) {
          const part = await rows.part(id);
          if (part?.state !== 'uploading' && part?.state !== 'complete') return undefined;
          const size = part.declaredBytes ?? undefined;
          return new Upload({ id, offset: 0, ...(size === undefined ? {} : { size }) });
        },
        async set(id, { size }) {
          if (size !== undefined) await rows.declare(id, size);
        },
        async delete() {},
      },
    });
    this.extensions = ['creation-defer-length'];
  }

  fileOf(id: string): string {
    return path.join(this.directory, id);
  }

  /** Makes the empty file of an upload, unless it is there. */
  async make(id: string): Promise<void> {
    const handle = await open(this.fileOf(id), 'a', 0o600);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    await this.#syncDirectory();
  }

  override async getUpload(id: string): Promise<Upload> {
    const upload = await super.getUpload(id);
    await this.#sync(id, upload.offset);
    return upload;
  }

  /**
   * Has `write` write these bytes, whatever stream it gets: the streams of the server of tus would copy them several times.
   * @param work has the server of tus call `write`
   */
  async giving<Result>(id: string, bytes: Buffer, work: () => Promise<Result>): Promise<Result> {
    this.#given.set(id, bytes);
    try {
      return await work();
    } finally {
      this.#given.delete(id);
    }
  }

  /** Resolves when the bytes are on the disk. @throws TusError */
  override async write(readable: Readable, id: string, offset: number): Promise<number> {
    const bytes = this.#given.get(id) ?? (await bytesOf(readable));
    if (bytes.length === 0) return offset;
    const handle = await open(this.fileOf(id), 'r+');
    try {
      await writeAll(handle, bytes, offset);
      await handle.datasync();
    } catch (error) {
      // Nobody was told of these bytes, and the disk may have only some of them.
      this.#synced.delete(id);
      await handle.truncate(offset).catch(() => {});
      throw isFull(error) ? FULL : error;
    } finally {
      await handle.close();
    }
    this.#synced.set(id, offset + bytes.length);
    return offset + bytes.length;
  }

  /** Deletes the file of an upload, if it is there. */
  async erase(id: string): Promise<void> {
    this.#synced.delete(id);
    await unlink(this.fileOf(id)).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  /** The length of a file in bytes; null where there is none. */
  async sizeOf(id: string): Promise<number | null> {
    try {
      return (await stat(this.fileOf(id))).size;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** The first bytes of a file, at most so many. */
  async firstBytes(id: string, most: number): Promise<Uint8Array> {
    const handle = await open(this.fileOf(id), 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(most), 0, most, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  /** SHA-256 of a whole file, in hexadecimal. Its bytes are on the disk then. */
  async digestOf(id: string): Promise<string> {
    await this.getSynced(id);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(this.fileOf(id))) hash.update(chunk as Buffer);
    this.#synced.delete(id);
    return hash.digest('hex');
  }

  /** The bytes that the disk of the folder has left for this process. */
  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.directory);
    return bavail * bsize;
  }

  /** The length of a file, once its bytes are on the disk. */
  async getSynced(id: string): Promise<number> {
    const { size } = await stat(this.fileOf(id));
    await this.#sync(id, size);
    return size;
  }

  /** A process that died may have left bytes that are in the memory of the kernel alone. */
  async #sync(id: string, size: number): Promise<void> {
    if (this.#synced.get(id) === size) return;
    const handle = await open(this.fileOf(id), 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    this.#synced.set(id, size);
  }

  async #syncDirectory(): Promise<void> {
    const handle = await open(this.directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

async function bytesOf(readable: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of readable) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function writeAll(handle: FileHandle, bytes: Buffer, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '');
const isFull = (error: unknown) => fullCodes.includes(codeOf(error));
export const isMissing = (error: unknown) => codeOf(error) === 'ENOENT';
