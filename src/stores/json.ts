import { readlink, realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Low } from 'lowdb';
import { afterRestart } from '../domain/restart.ts';
import { compareAndSet, type Documents, deleteIdle, type IdleRule, lookUp, sweepRegularly } from './documents.ts';
import { codeOf } from './file-errors.ts';
import { type FileLock, lockFile } from './file-lock.ts';
import { jsonFile } from './json-file.ts';
import { type Store, StoreError } from './store.ts';

/**
 * Opens a store that keeps all workspaces in one JSON file, and a copy in memory to read from. A swap resolves
 * true only once it would survive a power cut.
 *
 * @param options `file`: its path, created with its folder where missing; `idleMs`: how long a workspace
 *   without anybody connected is kept, in ms; `now`: the clock, in ms since the epoch.
 * @throws StoreError when the file cannot be read or written, is in use by another server, is corrupt (it is set
 *   aside then), of another version, or no store at all.
 */
export async function openJsonStore(options: IdleRule & { readonly file: string }): Promise<Store> {
  const file = await behindLinks(options.file);
  // Before anything is read: what another server stores meanwhile would be lost with our first write.
  const lock = await lockFile(file);
  try {
    return await openLocked(file, lock, options);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Where the path is a link, the file behind it is replaced, and not the link; also when there is none yet. */
async function behindLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const target = codeOf(error) === 'ENOENT' ? await readlink(path).catch(() => null) : null;
    return target === null ? resolve(path) : behindLinks(resolve(await realpath(dirname(path)), target));
  }
}

interface Waiter {
  resolve: () => void;
  reject: (error: unknown) => void;
}

async function openLocked(file: string, lock: FileLock, options: IdleRule): Promise<Store> {
  const db = new Low<Documents>(jsonFile(file, lock, options.now), new Map());
  await db.read();
  const openedAt = options.now();
  for (const [id, workspace] of db.data) db.data.set(id, afterRestart(workspace, openedAt));
  deleteIdle(db.data, options);
  // Proves at the start, and not when somebody's swap fails, that the file can be written.
  await db.write();

  /** What is on the disk. Never changed but replaced, like every Map that was handed to a write. */
  let durable = db.data;
  // From here on db.data is ahead of the disk: it holds every swap that was accepted.
  db.data = new Map(durable);

  /** Swaps that are in db.data, but in no write yet. */
  let waiting: Waiter[] = [];
  /** Swaps that are in the write that is under way. */
  let batch: Waiter[] = [];
  let writing: Promise<void> | null = null;
  let closed = false;

  /** Resolves once all that is in db.data now is on the disk; rejects when it was rolled back. */
  function persist(): Promise<void> {
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      writing ??= writeWhatWaits();
    });
  }

  /** One write after the other, each with everything that arrived before it began. Never rejects. */
  async function writeWhatWaits(): Promise<void> {
    while (waiting.length > 0) {
      // Lets the rest of a burst in, and whoever was only waiting for the write before.
      await setImmediate();
      batch = waiting;
      waiting = [];
      const documents = db.data;
      const written = db.write();
      // The write reads `documents` while it runs: what is swapped meanwhile goes into a copy.
      db.data = new Map(documents);
      try {
        await written;
        durable = documents;
        for (const one of batch) one.resolve();
      } catch (error) {
        // What was accepted meanwhile may build upon what has failed, so it fails with it.
        const failed = [...batch, ...waiting];
        waiting = [];
        db.data = new Map(durable);
        for (const one of failed) one.reject(error);
      }
    }
    writing = null;
  }

  /** Resolves once the write is over, whatever became of it, that has all in it that db.data holds now. */
  function writeOver(): Promise<void> {
    return new Promise((resolve) => {
      (waiting.length > 0 ? waiting : batch).push({ resolve, reject: () => resolve() });
    });
  }

  /** Nobody waits for this. When the write fails the idle workspaces are back, for the next sweep to try again. */
  function persistSweep(): void {
    persist().catch(() => {});
  }

  const stopSweeping = sweepRegularly(() => {
    if (deleteIdle(db.data, options)) persistSweep();
  }, options);

  return {
    async get(id) {
      const workspace = lookUp(db.data, id, options);
      if (!workspace && !closed && db.data.delete(id)) persistSweep();
      return workspace;
    },

    async swap(id, rev, next) {
      if (closed) throw new StoreError(`The JSON store ${file} is closed.`);
      if (!compareAndSet(db.data, id, rev, next, options)) return false;
      await persist();
      return true;
    },

    async lasts(id, seen) {
      const isOnDisk = () => {
        const kept = lookUp(durable, id, options);
        return seen ? kept !== null && kept.rev >= seen.rev : kept === null;
      };
      if (!isOnDisk() && writing) await writeOver();
      return isOnDisk();
    },

    get size() {
      return db.data.size;
    },

    async close() {
      closed = true;
      stopSweeping();
      await writing;
      await lock.release();
    },
  };
}
