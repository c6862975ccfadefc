import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asSentence, codeOf, JSON_STORE, type LastingFile, unwritable } from './file-errors.ts';
import { StoreError } from './store.ts';

/** The right to use a store's file, which one server at a time has. */
export interface FileLock {
  /**
   * Must be called before each write: an operator who deletes the lock's file, perhaps with its folder, lets another
   * server in. Where none came in, this takes the lock anew.
   * @throws StoreError when another server has the lock now or had it meanwhile, or the folder is gone
   */
  ensure(): Promise<void>;
  release(): Promise<void>;
}

/** A note has no more characters than this: more than a process id has. */
const LONGEST_NOTE = 32;

/**
 * Takes the lock of a store's file, and makes its folder where that is missing. The kernel gives a lock up when its
 * process dies, however it dies, so no lock is ever left behind.
 *
 * The lock is on `<file>.lock`, because each write replaces the file itself. The server never deletes `<file>.lock`:
 * another server that has just opened it would lock a file that nobody else sees. It holds the process id of the
 * server.
 *
 * @param file an absolute path without links
 * @param kind what the file is, for the sentences
 * @throws StoreError when another server has the lock, or there can be none
 */
export async function lockFile(file: string, kind: LastingFile = JSON_STORE): Promise<FileLock> {
  await mkdir(dirname(file), { recursive: true }).catch((error) => {
    throw unwritable(file, error, kind);
  });
  let handle = await take(file, kind, (note) => {
    // Somebody's yarn.lock lies beside a file that is called yarn.
    if (!/^\d*\n?$/.test(note)) throw foreign(file, kind);
  });
  return {
    async ensure() {
      if (await isStillThere(handle, lockOf(file))) return;
      const former = handle;
      handle = await take(file, kind, (note) => {
        if (note !== '') throw usedMeanwhile(file, kind);
      });
      await former.close();
    },
    release: () => handle.close(),
  };
}

const lockOf = (file: string) => `${file}.lock`;

/** @param check throws when the content of the lock's file forbids to use it; the file is left as it is then */
async function take(file: string, kind: LastingFile, check: (note: string) => void): Promise<FileHandle> {
  const tryLock = await loadTryLock(kind);
  const handle = await open(lockOf(file), constants.O_RDWR | constants.O_CREAT, 0o600).catch((error) => {
    throw unwritable(file, error, kind);
  });
  try {
    if (!isFree(tryLock, handle, file, kind)) throw inUse(file, kind, await noteOf(handle).catch(() => ''));
    check(await noteOf(handle));
    await handle.truncate();
    await handle.write(`${process.pid}\n`, 0);
    return handle;
  } catch (error) {
    await handle.close();
    throw error instanceof StoreError ? error : unwritable(file, error, kind);
  }
}

type TryLock = (fd: number) => boolean;

/** Imported when needed: a server that keeps workspaces in memory needs no native code. */
async function loadTryLock({ name, inMemory }: LastingFile): Promise<TryLock> {
  try {
    return (await import('fs-native-extensions')).tryLock;
  } catch (error) {
    throw new StoreError(
      `A ${name} needs locks on files, and fs-native-extensions has none for this platform (${process.platform} ` +
        `${process.arch}; on Linux it needs glibc). ${asSentence(inMemory)}`,
      { cause: error },
    );
  }
}

function isFree(tryLock: TryLock, { fd }: FileHandle, file: string, { name, setting }: LastingFile): boolean {
  try {
    return tryLock(fd);
  } catch (error) {
    throw new StoreError(
      `The ${name} ${file} lies where no file can be locked (${codeOf(error)}). ` +
        `Set ${setting} to a file on a disk of this machine.`,
      { cause: error },
    );
  }
}

async function noteOf(handle: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(LONGEST_NOTE), 0, LONGEST_NOTE, 0);
  return buffer.toString('latin1', 0, bytesRead);
}

/** @param note '' where the lock keeps it from being read, as on Windows */
function inUse(file: string, { name, setting }: LastingFile, note: string): StoreError {
  const holder = /^(\d+)\n$/.exec(note)?.[1];
  return new StoreError(
    `The ${name} ${file} is in use by another server${holder === undefined ? '' : ` (process ${holder})`}. ` +
      `Stop that one first, or set ${setting} to another file.`,
  );
}

function foreign(file: string, { name, setting }: LastingFile): StoreError {
  return new StoreError(
    `The ${name} ${file} needs ${lockOf(file)} for itself, but something else is in there. ` +
      `It was left as it is: set ${setting} to another file.`,
  );
}

function usedMeanwhile(file: string, { name }: LastingFile): StoreError {
  return new StoreError(
    `The ${name} ${file} was used by another server since its lock was taken away. ` +
      'Nothing is written over what that one has stored: restart this server.',
  );
}

async function isStillThere(handle: FileHandle, path: string): Promise<boolean> {
  const [held, seen] = await Promise.all([
    handle.stat({ bigint: true }),
    stat(path, { bigint: true }).catch(() => null),
  ]);
  return seen !== null && seen.ino === held.ino && seen.dev === held.dev;
}
