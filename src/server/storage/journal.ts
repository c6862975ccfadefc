import { type FileHandle, open } from 'node:fs/promises';
import { inChunks } from './chunks.ts';
import type { Changes } from './documents.ts';
import { type FileIdentity, identityOf, isSameFile, removeFile, replaceFile } from './durable-file.ts';
import { changesAppended, markAppended, newJournal } from './journal-lines.ts';
import { journalOf } from './journal-reader.ts';

/**
 * All changes since the file of a JSON store was written, in their order; `journal-lines.ts` defines the format. The
 * first line names the file that the journal follows.
 *
 * All methods but `isAsLeft` throw the errors of the file system. One call at a time.
 */
interface Journal {
  /** Bytes that are on the disk for good. */
  readonly length: number;
  /** Whether nothing was appended since the journal began. */
  readonly isEmpty: boolean;
  /** Adds changes, all or none. Once this resolves they are on the disk. */
  append(changes: Changes): Promise<void>;
  /** Says, before the file is replaced by the one with this SHA-256, that the journal may follow that one as well. */
  mark(hash: string): Promise<void>;
  /** Whether it lies in its place, and nobody else has changed it. */
  isAsLeft(): Promise<boolean>;
  /** Removes the rest of a failed append, where that could not be done at once. */
  mend(): Promise<void>;
  /** Begins anew, as the journal of the file with this SHA-256 and of these changes that are not in it. */
  restart(hash: string, changes: Changes): Promise<void>;
  /** Removes it. */
  remove(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The journal of a file. It is not opened before it is needed.
 * @param kept bytes of the journal that there is already, and that are good; 0 where there is none
 */
export function journal(file: string, kept: number): Journal {
  const path = journalOf(file);
  let handle: FileHandle | null = null;
  let identity: FileIdentity | null = null;
  let length = kept;
  let isEmpty = kept === 0;
  /** Whether the rest of a failed append may stand behind the good bytes. */
  let isTorn = kept > 0;

  async function opened(): Promise<FileHandle> {
    // Where there is nothing, nothing is made. Windows cuts off no file that was opened for appending.
    handle ??= await open(path, 'r+');
    identity ??= await handle.stat({ bigint: true });
    return handle;
  }

  /** Cuts off all but the good bytes. The rest must be off the disk too, or it could come back after a power cut. */
  async function cutOff(): Promise<void> {
    const one = await opened();
    await one.truncate(length);
    await one.datasync();
    isTorn = false;
  }

  async function write(lines: Iterable<string>): Promise<void> {
    const one = await opened();
    let end = length;
    try {
      for (const chunk of inChunks(lines)) {
        for (let done = 0; done < chunk.length; ) {
          const { bytesWritten } = await one.write(chunk, done, chunk.length - done, end);
          done += bytesWritten;
          end += bytesWritten;
        }
      }
      await one.datasync();
    } catch (error) {
      isTorn = true;
      // Before the callers hear that it failed: a failed change must not be there after a restart.
      await cutOff().catch(() => {});
      throw error;
    }
    length = end;
    isEmpty = false;
  }

  async function close(): Promise<void> {
    const former = handle;
    handle = null;
    await former?.close();
  }

  return {
    get length() {
      return length;
    },

    get isEmpty() {
      return isEmpty;
    },

    append: (changes) => write(changesAppended(length, changes)),

    mark: (hash) => write([markAppended(length, hash)]),

    async isAsLeft() {
      const seen = await identityOf(path);
      return isSameFile(seen, identity) && seen?.size === BigInt(length);
    },

    async mend() {
      if (isTorn) await cutOff();
    },

    async restart(hash, changes) {
      // An open file can be replaced anywhere but on Windows.
      await close();
      identity = await replaceFile(path, inChunks(newJournal(hash, changes)));
      length = Number(identity.size);
      isEmpty = changes.size === 0;
      isTorn = false;
    },

    async remove() {
      await close();
      await removeFile(path);
    },

    close,
  };
}
