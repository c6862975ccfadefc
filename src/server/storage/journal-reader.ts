import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Changes } from './documents.ts';
import { codeOf, HINT } from './file-errors.ts';
import { type Line, parseLine } from './journal-lines.ts';
import { StoreError } from './store.ts';

/** The first line has fewer bytes than this. */
const LONGEST_FIRST_LINE = 256;

/** The content of a journal. */
interface ReadJournal {
  /** The latest document of each workspace that was changed. */
  changes: Changes;
  /** So many bytes are good. The rest is the part of an append that a crash has left. */
  length: number;
}

/** The journal of a JSON store's file. */
export function journalOf(file: string): string {
  return `${file}.journal`;
}

/** Whether a journal lies at the path, even if its end is broken. */
export async function isJournal(path: string): Promise<boolean> {
  return open(path, 'r').then(
    async (handle) => {
      const { buffer, bytesRead } = await handle
        .read(Buffer.alloc(LONGEST_FIRST_LINE), 0, LONGEST_FIRST_LINE, 0)
        .finally(() => handle.close());
      const end = buffer.subarray(0, bytesRead).indexOf('\n');
      return end >= 0 && isFirst(parseLine(buffer.subarray(0, end)));
    },
    () => false,
  );
}

const isFirst = (line: Line | null) => line !== null && 'snapshot' in line.entry;

/**
 * Reads the journal beside a file, and leaves it as it is.
 *
 * The caller must make all of its changes, also where the file is the later one of those that the journal names and has
 * some of them already: the journal holds the latest document of each workspace that it names.
 *
 * @param hash the SHA-256 of the file; null where there is none
 * @returns null where there is no journal
 * @throws StoreError when it is damaged or does not belong to the file, or cannot be read
 */
export async function readJournal(file: string, hash: string | null): Promise<ReadJournal | null> {
  const path = journalOf(file);
  try {
    const seen = await stat(path).catch((error) => {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    });
    if (!seen) return null;
    if (hash === null) throw fileMissing(file);
    if (!seen.isFile() || !(await isJournal(path))) throw damaged(file, 0);
    return await readWhole(file, hash, seen.size);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(`The journal ${path} cannot be read (${codeOf(error)}). ${HINT}`, { cause: error });
  }
}

async function readWhole(file: string, hash: string, size: number): Promise<ReadJournal> {
  const changes: Changes = new Map();
  let length = 0;
  let fits = false;
  /** Where the append begins that was read last. */
  let begin = 0;
  /** Where an empty line was read last. */
  let empty = 0;
  let broken: number | null = null;
  for await (const { at, bytes } of linesOf(journalOf(file), size)) {
    const line = parseLine(bytes);
    if (bytes.length === 0) empty = at;
    else if (!line) broken ??= at;
    else if (broken !== null) {
      if (line.begin > broken) throw damaged(file, broken);
    } else {
      // Otherwise there were other lines between this one and the one before.
      if (line.begin !== begin && line.begin !== empty) throw damaged(file, at);
      begin = line.begin;
      length = at + bytes.length + 1;
      if ('snapshot' in line.entry) fits ||= line.entry.snapshot === hash;
      else changes.set(line.entry.id, line.entry.workspace);
    }
  }
  if (!fits) throw foreign(file);
  return { changes, length };
}

/** The lines that have an end, each with the byte at which it begins. @param size of the file, in bytes */
async function* linesOf(path: string, size: number): AsyncGenerator<{ at: number; bytes: Buffer }> {
  let rest: Buffer = Buffer.alloc(0);
  let at = 0;
  // One byte more than there are: the read that finds the end gets memory of this size too.
  const highWaterMark = Math.min(1024 * 1024, size + 1);
  for await (const bytes of createReadStream(path, { highWaterMark })) {
    const all: Buffer = Buffer.concat([rest, bytes]);
    let begin = 0;
    for (let end = all.indexOf('\n'); end >= 0; end = all.indexOf('\n', begin)) {
      yield { at: at + begin, bytes: all.subarray(begin, end) };
      begin = end + 1;
    }
    rest = all.subarray(begin);
    at += begin;
  }
}

function fileMissing(file: string): StoreError {
  return new StoreError(
    `There is no JSON store ${file}, but its journal ${journalOf(file)}. It was left as it is: ` +
      'put the file back; or move the journal away, or delete it, to begin empty.',
  );
}

function foreign(file: string): StoreError {
  return new StoreError(
    `The journal ${journalOf(file)} does not belong to the JSON store ${file}: one of them was replaced or damaged. ` +
      'Both were left as they are: put the file back that the journal was written for; or move the journal away, to go ' +
      'on with what the file alone holds.',
  );
}

/** @param at the byte at which the damage is */
function damaged(file: string, at: number): StoreError {
  return new StoreError(
    `The journal ${journalOf(file)} of the JSON store ${file} is damaged (at byte ${at}). Both were left as they are: ` +
      'put good copies of both in their places; or move the journal away, to go on with what the file alone holds.',
  );
}
