import { readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf, unwritable } from './file-errors.ts';
import { isJournal, journalOf } from './journal-reader.ts';
import { StoreError } from './store.ts';

/** Moves a corrupt file and its journal out of the way of the next write. @returns the error to throw */
export async function setAside(file: string, problem: string, now: number): Promise<StoreError> {
  const kept = `${file}.corrupt-${new Date(now).toISOString().replaceAll(':', '')}`;
  try {
    await rename(file, kept);
  } catch (error) {
    return new StoreError(
      `The JSON store ${file} is corrupt (${problem}), and it cannot be moved to ${kept} (${codeOf(error)}). ` +
        'Move it away yourself, and put a good copy in its place.',
      { cause: error },
    );
  }
  // The journal would fit no backup that an operator puts in the place of the file. Where it cannot be moved, the next
  // start says so.
  const hasJournal = await isJournal(journalOf(file));
  if (hasJournal) await rename(journalOf(file), journalOf(kept)).catch(() => {});
  return new StoreError(
    `The JSON store ${file} is corrupt (${problem}). It was kept as ${kept}` +
      (hasJournal
        ? `, and its journal as ${journalOf(kept)}. Put a good copy at ${file}, and the journal back at ` +
          `${journalOf(file)} where the copy is of the same moment; or move both kept files away, or delete them, to begin empty.`
        : `. Put a good copy at ${file}; or move the kept file away, or delete it, to begin empty.`),
  );
}

/**
 * A supervisor starts the server again after it refused a corrupt file. The server must not begin empty then: people
 * would make everything anew, and there would be two truths.
 */
export async function refuseIfCorruptOneWasKept(file: string): Promise<void> {
  const folder = dirname(file);
  const names = await readdir(folder).catch((error) => {
    throw unwritable(file, error);
  });
  const kept = names.filter((name) => name.startsWith(`${basename(file)}.corrupt-`)).map((name) => join(folder, name));
  if (kept.length === 0) return;
  throw new StoreError(
    `There is no JSON store ${file}, but a corrupt one was kept as ${kept.join(', ')}. ` +
      `Put a good copy at ${file}; or move the kept file away, or delete it, to begin empty.`,
  );
}
