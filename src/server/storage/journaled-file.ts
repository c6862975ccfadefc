import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Low } from 'lowdb';
import { applyChanges, type Changes, type Documents } from './documents.ts';
import { unwritable } from './file-errors.ts';
import type { FileLock } from './file-lock.ts';
import { journal as journalFile } from './journal.ts';
import { readJournal } from './journal-reader.ts';
import { jsonFile } from './json-file.ts';

/** Bytes. The file is not written anew for a journal that is shorter than this, or shorter than the file. */
const SHORTEST_COMPACTED = 1024 * 1024;

/**
 * A JSON file and the journal beside it, `<file>.journal`, as one: the documents of the file, with the changes of the
 * journal. A change costs what it adds to the journal. When that has grown longer than the file, the file
 * is written anew, beside the old one and while changes go on; then it takes the place of the old one, and the journal
 * begins anew with the changes that came meanwhile.
 *
 * At every moment the journal names the file that lies beside it, so that a journal of another file is recognised:
 * before the file is replaced, the journal gets a mark with the new one. One call at a time.
 */
interface JournaledFile {
  /** The documents on the disk. Once the file was written anew for the first time, only this object changes them. */
  readonly durable: Documents;
  /**
   * Makes changes, all or none, and resolves once they are on the disk.
   * @throws StoreError; then none was made
   */
  append(changes: Changes): Promise<void>;
  /** Keeps the journal short. Must be called after each append, when its callers have their answers. Never rejects. */
  tend(): Promise<void>;
  /**
   * Writes the file anew, with all documents of `durable`.
   * @throws StoreError
   */
  rewrite(): Promise<void>;
  /** Leaves the file alone, without a journal, where that can be done; otherwise both, for the next start. */
  close(): Promise<void>;
}

/**
 * Reads a file and its journal.
 * @param file an absolute path
 * @param lock that of the file, which is held as long as this is used
 * @param now the clock, in ms since the epoch
 * @throws StoreError when they cannot be used; both are left as they are then, but for a corrupt file, which is set
 *   aside
 */
export async function readJournaledFile(file: string, lock: FileLock, now: () => number): Promise<JournaledFile> {
  const json = jsonFile(file, now);
  const db = new Low<Documents>(json, new Map());
  await db.read();
  const kept = await readJournal(file, json.hash);
  if (kept) applyChanges(db.data, kept.changes);
  const journal = journalFile(file, kept?.length ?? 0);

  /** Whether the file is being written anew, or the new one waits to take its place. */
  let next: { isWritten: boolean; over: Promise<void>; since: Changes } | null = null;
  /** Bytes of journal at which the file is written anew. */
  let longest = SHORTEST_COMPACTED;

  function prepare(): void {
    // No append is under way: db.data and the journal hold the same changes now, and `since` gets all later ones.
    const begun = { isWritten: false, over: Promise.resolve(), since: new Map() };
    begun.over = db.write().then(
      () => {
        begun.isWritten = true;
      },
      () => {
        next = null;
        postpone();
      },
    );
    next = begun;
  }

  /**
   * The disk may have no room for another file. The journal has all changes and goes on; a later append tries again.
   */
  function postpone(): void {
    longest = journal.length + Math.max(SHORTEST_COMPACTED, json.size);
  }

  /**
   * Puts the file that was written anew in its place. Whatever fails, and whenever, the journal fits what lies there.
   */
  async function publish(since: Changes): Promise<void> {
    await lock.ensure();
    const hash = json.hash ?? '';
    try {
      await inWords(journal.mend());
      if (await journal.isAsLeft()) await inWords(journal.mark(hash));
      await json.publish();
      await inWords(journal.restart(hash, since));
    } catch (error) {
      // A full disk should not stay full of a file that nobody will use.
      await json.discard();
      throw error;
    }
    longest = Math.max(SHORTEST_COMPACTED, json.size);
  }

  async function rewrite(): Promise<void> {
    await lock.ensure();
    await next?.over;
    next = null;
    try {
      await db.write();
      await publish(new Map());
    } catch (error) {
      // Nobody closes a store that could not be opened. An open store opens the journal again when it needs it.
      await journal.close();
      throw error;
    }
  }

  /** The failure of the journal, as a sentence for the operator. */
  async function inWords(work: Promise<void>): Promise<void> {
    await work.catch((error) => {
      throw unwritable(file, error);
    });
  }

  async function areAsLeft(): Promise<boolean> {
    const [isFile, isJournal] = await Promise.all([json.isAsLeft(), journal.isAsLeft()]);
    return isFile && isJournal;
  }

  async function leaveFileAlone(): Promise<void> {
    await lock.ensure();
    await json.discard();
    await journal.mend();
    // Another file that somebody has put there is not written over, as no change asks for it.
    if (!(await areAsLeft())) return;
    if (!journal.isEmpty) {
      await db.write();
      await journal.mark(json.hash ?? '');
      await json.publish();
    }
    await journal.remove();
  }

  return {
    durable: db.data,

    async append(changes) {
      await lock.ensure();
      // Where the file could not be written anew, the journal would grow for ever, though it can be written itself.
      await inWords(access(dirname(file), constants.W_OK));
      await inWords(journal.mend());
      if (!(await areAsLeft())) await rewrite();
      await inWords(journal.append(changes));
      applyChanges(db.data, changes);
      if (next) for (const [id, workspace] of changes) next.since.set(id, workspace);
    },

    async tend() {
      if (!next) {
        if (journal.length > longest) prepare();
      } else if (next.isWritten) {
        const { since } = next;
        next = null;
        await publish(since).catch(postpone);
      }
    },

    rewrite,

    async close() {
      await next?.over;
      try {
        await leaveFileAlone();
      } catch {
        // Both are there, and say all.
      }
      await journal.close();
    },
  };
}
