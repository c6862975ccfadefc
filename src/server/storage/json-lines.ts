import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import type { Documents } from './documents.ts';
import { workspaceSchema } from './schema.ts';

/**
 * Reads a JSON store line by line, as it is written: its opening, one workspace a line, its end. A file of any size can
 * be read like this, while JSON.parse wants it in one string, and a string has half a gigabyte at the most.
 * @param hash gets every byte that was read
 * @returns null where the file is not exactly as this server writes it; the caller finds out why
 * @throws the error of the file system
 */
export async function readLines(file: string, opening: string, hash: Hash): Promise<Documents | null> {
  const documents: Documents = new Map();
  // Strict, or damaged bytes would turn into question marks in somebody's name, or in an id.
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let line = 0;
  let isEnded = false;
  for await (const bytes of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    hash.update(bytes);
    const text = decode(decoder, bytes);
    if (text === null) return null;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const each of lines) {
      if (isEnded || (line === 0 && each !== opening)) return null;
      if (each === '}}') isEnded = true;
      else if (line > 0 && !add(documents, each)) return null;
      line += 1;
    }
  }
  return isEnded && rest === '' ? documents : null;
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes, { stream: true });
  } catch {
    return null;
  }
}

function add(documents: Documents, line: string): boolean {
  let entries: [string, unknown][];
  try {
    entries = Object.entries(JSON.parse(`{${line.endsWith(',') ? line.slice(0, -1) : line}}`));
  } catch {
    return false;
  }
  const [[id, entry] = ['', null], ...more] = entries;
  const workspace = workspaceSchema.safeParse(entry);
  if (!workspace.success || workspace.data.id !== id || more.length > 0 || documents.has(id)) return false;
  documents.set(id, workspace.data);
  return true;
}
