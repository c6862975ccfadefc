import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { Workspace } from '../domain/workspace.ts';
import type { Changes } from './documents.ts';
import { workspaceSchema } from './schema.ts';

// A line of a journal is `<checksum> <begin> <entry>`:
//
// - checksum: the CRC-32 of all that follows it in the line, as eight hexadecimal digits.
// - begin: the byte of the journal at which the line's append begins, in decimal digits. An append begins
//   only once the one before it is on the disk. So a crash has left a broken line of the last append, unless a
// good line says that another append began after it: then it is damage. Its first line is empty, so that a damaged end
// of
//   a line does not make one of two appends.
// - entry: `{"journal":1,"snapshot":<hash>}` or `<id>:<document>` or `<id>:null`.

const VERSION = 1;

/** The content of a line: the file that its journal may follow, or the latest document of a workspace. */
type Entry = { snapshot: string } | { id: string; workspace: Workspace | null };

export interface Line {
  /** The byte at which the line's append begins. */
  begin: number;
  entry: Entry;
}

/** The text of a new journal: it follows the file with this SHA-256, which does not contain these changes. */
export function* newJournal(hash: string, changes: Changes): Generator<string> {
  yield snapshotLine(0, hash);
  yield* changeLines(0, changes);
}

/** The text that adds changes to a journal of `length` bytes. */
export function* changesAppended(length: number, changes: Changes): Generator<string> {
  yield '\n';
  yield* changeLines(length, changes);
}

/** The text, appended in the same way, that lets the journal follow the file with this SHA-256 as well. */
export function markAppended(length: number, hash: string): string {
  return `\n${snapshotLine(length, hash)}`;
}

function snapshotLine(begin: number, hash: string): string {
  return lineOf(begin, JSON.stringify({ journal: VERSION, snapshot: hash }));
}

function* changeLines(begin: number, changes: Changes): Generator<string> {
  for (const [id, workspace] of changes) {
    yield lineOf(begin, `${JSON.stringify(id)}:${JSON.stringify(workspace)}`);
  }
}

function lineOf(begin: number, entry: string): string {
  const text = `${begin} ${entry}`;
  return `${checksumOf(text)} ${text}\n`;
}

function checksumOf(text: string | Uint8Array): string {
  return crc32(text).toString(16).padStart(8, '0');
}

const CHECKSUM_LENGTH = 8;

/** @returns null where the line is not as it was written */
export function parseLine(bytes: Buffer): Line | null {
  const text = bytes.subarray(CHECKSUM_LENGTH + 1);
  if (bytes.toString('latin1', 0, CHECKSUM_LENGTH + 1) !== `${checksumOf(text)} `) return null;
  const space = text.indexOf(' ');
  const entry = parseEntry(text.toString('utf8', space + 1));
  return entry && { begin: Number(text.toString('latin1', 0, space)), entry };
}

const snapshotSchema = z.object({ journal: z.literal(VERSION), snapshot: z.string() });

function parseEntry(text: string): Entry | null {
  try {
    if (text.startsWith('{')) return { snapshot: snapshotSchema.parse(JSON.parse(text)).snapshot };
    const [[id, document] = ['', undefined]] = Object.entries<unknown>(JSON.parse(`{${text}}`));
    if (document === null) return { id, workspace: null };
    const workspace = workspaceSchema.parse(document);
    return workspace.id === id ? { id, workspace } : null;
  } catch {
    return null;
  }
}
