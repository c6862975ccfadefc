import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Workspace } from '../../src/server/domain/workspace.ts';

export type Stored = Record<string, Workspace>;

/** The entry of a journal's line, without its checksum and the start of its append; '' for a line between two appends. */
const entryOf = (line: string) => /^[0-9a-f]{8} \d+ (.*)$/.exec(line)?.[1] ?? '';

/** The SHA-256 of a file, in hexadecimal digits. */
export async function hashOf(file: string): Promise<string> {
  return sha256(await readFile(file));
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const isSnapshot = (entry: string) => entry.startsWith('{');

/**
 * Reads the workspaces of a JSON file and its journal, whether a server uses them or was killed. It shares no code with the
 * server, so that it can check it.
 */
export async function storedIn(file: string): Promise<Stored> {
  for (let attempt = 0; ; attempt += 1) {
    const journal = await readFile(`${file}.journal`, 'utf8').catch(() => null);
    const bytes = await readFile(file);
    const workspaces: Stored = JSON.parse(bytes.toString('utf8')).workspaces;
    if (journal === null) return workspaces;
    // A kill may leave text after the last end of a line.
    const entries = journal.split('\n').slice(0, -1).map(entryOf).filter(Boolean);
    const hash = sha256(bytes);
    if (entries.filter(isSnapshot).some((entry) => JSON.parse(entry).snapshot === hash))
      return replay(workspaces, entries);
    // The server has written the file anew between our reading of the one and the other.
    if (attempt === 10) throw new Error(`The journal of ${file} does not belong to it.`);
  }
}

function replay(workspaces: Stored, entries: readonly string[]): Stored {
  const stored = new Map(Object.entries(workspaces));
  for (const entry of entries.filter((each) => !isSnapshot(each))) {
    for (const [id, workspace] of Object.entries<Workspace | null>(JSON.parse(`{${entry}}`))) {
      if (workspace) stored.set(id, workspace);
      else stored.delete(id);
    }
  }
  return Object.fromEntries(stored);
}
