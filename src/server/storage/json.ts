import { readlink, realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterRestart } from '../domain/restart.ts';
import type { Workspace } from '../domain/workspace.ts';
import { ActiveCalls } from './active-calls.ts';
import {
  type Changes,
  compareAndSet,
  type Documents,
  deleteGone,
  type IdleRule,
  lookUp,
  sweepRegularly,
} from './documents.ts';
import { codeOf } from './file-errors.ts';
import { type FileLock, lockFile } from './file-lock.ts';
import { readJournaledFile } from './journaled-file.ts';
import { type Durability, type Store, StoreError } from './store.ts';
import { UnusedIds } from './unused-ids.ts';
import { UserIndex } from './user-index.ts';

/**
 * Opens a store that keeps all workspaces in one JSON file with a journal beside it, and a copy in memory to read from.
 * A required swap resolves true only once it would survive a power cut. Closing it leaves the JSON file alone.
 *
 * @param options `file`: its path, created with its folder where missing; `idleMs`: how long a workspace
 *   without anybody connected is kept, in ms; `now`: the clock, in ms since the epoch; `onUnwritten`: called when changes
 *   count that could not be written.
 * @throws StoreError when the file cannot be read or written, is in use by another server, is corrupt (it is set
 *   aside then), of another version, or no store at all; or when its journal is damaged or that of another file.
 */
export async function openJsonStore(options: JsonStoreOptions & { readonly file: string }): Promise<Store> {
  const file = await behindLinks(options.file);
  // Before anything is read: our first write would lose changes that another server stores meanwhile.
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

interface JsonStoreOptions extends IdleRule {
  onUnwritten?(error: unknown): void;
}

/** The pause before changes that could not be written are tried again, ms. */
const TRY_AGAIN_MS = 1000;

/** The changes that one write makes lasting. */
interface Batch {
  readonly changes: Changes;
  /** The workspaces with a change among them that has to last. */
  readonly required: Set<string>;
  /** Callers that wait for the write. */
  readonly waiters: Waiter[];
}

interface Waiter {
  resolve: () => void;
  reject: (error: unknown) => void;
}

const newBatch = (): Batch => ({ changes: new Map(), required: new Set(), waiters: [] });

async function openLocked(file: string, lock: FileLock, options: JsonStoreOptions): Promise<Store> {
  const disk = await readJournaledFile(file, lock, options.now);
  const { durable } = disk;
  const openedAt = options.now();
  for (const [id, workspace] of durable) durable.set(id, afterRestart(workspace, openedAt));
  deleteGone(durable, options);
  // Proves at the start, and not when somebody's swap fails, that the file can be written.
  await disk.rewrite();

  /** Every workspace as it was accepted last: `durable` with the changes of `batch` and `waiting`. */
  const accepted: Documents = new Map(durable);
  const unused = new UnusedIds(accepted);
  const users = new UserIndex(accepted);
  const calls = new ActiveCalls(accepted);
  /**
   * Workspaces with changes that count although they are not on the disk. A failed write takes back to these documents,
   * and each write tries them again.
   */
  const unwritten: Documents = new Map();
  /** Changes that are in no write yet. */
  let waiting = newBatch();
  /** Changes that are in the write under way. */
  let batch = newBatch();
  let writing: Promise<void> | null = null;
  let closed = false;
  let trying: NodeJS.Timeout | undefined;

  function note(id: string, workspace: Workspace | null): void {
    unused.note(id, workspace);
    users.note(id, workspace);
    calls.note(id, workspace);
  }

  /** Has what `accepted` says of a workspace now written. */
  function persist(id: string, durability: Durability): void {
    const workspace = accepted.get(id) ?? null;
    note(id, workspace);
    waiting.changes.set(id, workspace);
    if (durability === 'required') waiting.required.add(id);
    writing ??= writeWhatWaits();
  }

  /** One write after the other, each with everything that arrived before it began. Never rejects. */
  async function writeWhatWaits(): Promise<void> {
    do {
      // Lets the rest of a burst in, and callers that only waited for the write before.
      await setImmediate();
      batch = waiting;
      waiting = newBatch();
      const tried = new Map(unwritten);
      for (const [id, workspace] of tried) if (!batch.changes.has(id)) batch.changes.set(id, workspace);
      try {
        if (batch.changes.size > 0) await disk.append(batch.changes);
        for (const [id, workspace] of tried) if (unwritten.get(id) === workspace) unwritten.delete(id);
        for (const one of batch.waiters) one.resolve();
      } catch (error) {
        // Changes that were accepted meanwhile may build upon a failed one, so they fail with it.
        for (const failed of [batch, waiting]) rollBack(failed, error);
        waiting = newBatch();
      }
      batch = newBatch();
      await disk.tend();
    } while (waiting.changes.size > 0);
    writing = null;
    if (unwritten.size > 0) tryAgain();
  }

  function tryAgain(): void {
    clearTimeout(trying);
    if (closed) return;
    trying = setTimeout(() => {
      writing ??= writeWhatWaits();
    }, TRY_AGAIN_MS).unref();
  }

  /** What counts of a workspace if nothing can be written: with the changes that count without. */
  function counting(id: string): Workspace | null {
    return lookUp(unwritten.has(id) ? unwritten : durable, id, options);
  }

  function rollBack({ changes, waiters }: Batch, error: unknown): void {
    for (const id of changes.keys()) {
      const workspace = unwritten.get(id) ?? durable.get(id);
      if (workspace) accepted.set(id, workspace);
      else accepted.delete(id);
      note(id, workspace ?? null);
    }
    for (const one of waiters) one.reject(error);
  }

  /** Resolves once all that is accepted now is on the disk; rejects when it was rolled back. */
  function written(): Promise<void> {
    const last = waiting.changes.size > 0 ? waiting : batch;
    if (last.changes.size === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      last.waiters.push({ resolve, reject });
    });
  }

  const stopSweeping = sweepRegularly(() => {
    // Nobody waits for this. When the write fails the idle workspaces are back, for the next sweep to try again.
    for (const id of deleteGone(accepted, options)) persist(id, 'required');
  }, options);

  return {
    async get(id) {
      const workspace = lookUp(accepted, id, options);
      if (!workspace && !closed && !options.keepsGone && accepted.delete(id)) persist(id, 'required');
      return workspace;
    },

    async swap(id, rev, next, { durability = 'required' } = {}) {
      if (closed) throw new StoreError(`The JSON store ${file} is closed.`);
      if (!compareAndSet(accepted, id, rev, next, options)) return false;
      // A change that builds upon one that has to last, and does not yet, falls with it.
      const isOnItsOwn = ![batch, waiting].some(({ required }) => required.has(id));
      const counts = durability === 'best-effort' && next !== null && isOnItsOwn;
      if (counts) unwritten.set(id, next);
      persist(id, durability);
      try {
        await written();
      } catch (error) {
        if (durability === 'required') throw error;
        if (counts) options.onUnwritten?.(error);
        return counts;
      }
      return true;
    },

    async read(id) {
      return accepted.get(id) ?? null;
    },

    async ofUser(user) {
      return users.of(user);
    },

    atStart: () => accepted.values(),

    async lasts(id, seen) {
      const isSeen = (kept: Workspace | null) => (seen ? kept !== null && kept.rev >= seen.rev : kept === null);
      if (isSeen(lookUp(durable, id, options))) return true;
      // Whether the write succeeds or not: what counts then is the answer.
      await written().catch(() => {});
      return isSeen(counting(id));
    },

    // Swaps compare at once, so updates never wait for each other.
    inTurn: (_, update) => update(),

    // A document says itself whether somebody is connected.
    async keep() {},

    async unused(most) {
      return unused.first(most);
    },

    get size() {
      return accepted.size;
    },

    get calls() {
      return calls.size;
    },

    async close() {
      closed = true;
      stopSweeping();
      clearTimeout(trying);
      await writing;
      if (unwritten.size > 0) await writeWhatWaits();
      await disk.close();
      await lock.release();
    },
  };
}
