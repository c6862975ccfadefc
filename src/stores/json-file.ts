import { constants } from 'node:fs';
import { access, readdir, readFile, rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Adapter } from 'lowdb';
import { z } from 'zod';
import type { Workspace } from '../domain/workspace.ts';
import type { Documents } from './documents.ts';
import { replaceFile } from './durable-file.ts';
import { codeOf, HINT, unwritable } from './file-errors.ts';
import type { FileLock } from './file-lock.ts';
import { readLines } from './json-lines.ts';
import { workspaceSchema } from './schema.ts';
import { StoreError } from './store.ts';

const VERSION = 1;
const OPENING = `{"version":${VERSION},"workspaces":`;

/** Bytes. JSON.parse wants a string, and a string has half a gigabyte at the most. */
const MOST_PARSED_AT_ONCE = 400 * 1024 * 1024;

/** Characters that are put together, encoded and written at a time: well below a millisecond of work. */
const CHUNK = 128 * 1024;

/**
 * The file of the JSON store, `{"version":1,"workspaces":{<id>: <document>}}`, as an adapter of lowdb.
 *
 * `write` reads the documents while it writes: whoever calls it leaves that Map alone afterwards.
 *
 * @param file an absolute path
 * @param lock that of the file, which is held as long as this is used
 * @param now the clock, in ms since the epoch; names the copy of a corrupt file
 * @throws StoreError from both methods. A corrupt file is set aside first, so that nothing overwrites it.
 */
export function jsonFile(file: string, lock: FileLock, now: () => number): Adapter<Documents> {
  // Documents never change, so neither does their text: a write serialises only what is new.
  const texts = new WeakMap<Workspace, string>();

  function textOf(workspace: Workspace): string {
    let text = texts.get(workspace);
    if (text === undefined) {
      text = JSON.stringify(workspace);
      texts.set(workspace, text);
    }
    return text;
  }

  /** The text of the file, one workspace a line, in pieces of bounded size. */
  function* chunksOf(documents: Documents): Generator<string> {
    let chunk = `${OPENING}{`;
    let separator = '\n';
    for (const [id, workspace] of documents) {
      chunk += `${separator}${JSON.stringify(id)}:${textOf(workspace)}`;
      separator = ',\n';
      if (chunk.length >= CHUNK) {
        yield chunk;
        chunk = '';
      }
    }
    yield `${chunk}\n}}\n`;
  }

  return {
    /** The documents, or null where there is no file yet. */
    async read() {
      const size = await sizeIfThere(file);
      if (size === null) {
        await refuseIfCorruptOneWasKept(file);
        return null;
      }
      const documents = await fromDisk(file, () => readLines(file, `${OPENING}{`));
      if (documents) return documents;
      if (size > MOST_PARSED_AT_ONCE) throw tooLarge(file);
      const result = parse(await fromDisk(file, () => readFile(file)));
      if ('documents' in result) return result.documents;
      if ('version' in result) {
        throw new StoreError(
          `The JSON store ${file} has version ${result.version}, but this server reads version ${VERSION} only. ` +
            'It was left as it is: use the release that wrote it, or set json_storage_file to another file.',
        );
      }
      if ('foreign' in result) throw foreign(file, result.foreign);
      throw await setAside(file, result.problem, now());
    },

    async write(documents) {
      await lock.ensure();
      try {
        await replaceFile(file, chunksOf(documents));
      } catch (error) {
        throw unwritable(file, error);
      }
    },
  };
}

const envelopeSchema = z.object({
  version: z.literal(VERSION),
  // No record: that would make a new object of it, and lose the id `__proto__`.
  workspaces: z.custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
});

type Parsed = { documents: Documents } | { version: number } | { foreign: string } | { problem: string };

/**
 * A corrupt file of ours is set aside, so that a good copy can be put in its place and nobody takes the damaged one
 * for the store. A file that never was ours, because json_storage_file was mistyped, stays where it is: its owner
 * would not find it again. One of ours whose very beginning is damaged passes for such a file, which is safe, as the
 * start is refused all the same.
 */
function parse(bytes: Uint8Array): Parsed {
  let content: unknown;
  try {
    // Strict, or damaged bytes would turn into question marks in somebody's name, or in an id.
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The parser's message quotes the file, and what is in there belongs in no log.
    const problem = 'it is not JSON';
    return beginsLikeOurs(bytes) ? { problem } : { foreign: problem };
  }
  const { version } = z.object({ version: z.number() }).safeParse(content).data ?? {};
  if (version !== undefined && version !== VERSION) return { version };

  const envelope = envelopeSchema.safeParse(content);
  if (!envelope.success) {
    const problem = problemOf(envelope.error);
    return version === VERSION && Object.hasOwn(content as object, 'workspaces') ? { problem } : { foreign: problem };
  }

  const documents: Documents = new Map();
  for (const [id, entry] of Object.entries(envelope.data.workspaces)) {
    const workspace = workspaceSchema.safeParse(entry);
    if (!workspace.success) return { problem: problemOf(workspace.error, ['workspaces', id]) };
    if (workspace.data.id !== id) return { problem: `workspaces.${id}: it has the id of another workspace` };
    documents.set(id, workspace.data);
  }
  return { documents };
}

/**
 * Whether what is no JSON has our opening, or as much of it as was left. Nothing at all is ours too: that is what file
 * systems leave of a file after a crash, and nobody else misses it.
 */
function beginsLikeOurs(bytes: Uint8Array): boolean {
  // Somebody may have laid it out anew by hand.
  const beginning = Buffer.from(bytes.subarray(0, 1024)).toString('latin1').replace(/\s/g, '');
  return beginning.startsWith(OPENING) || OPENING.startsWith(beginning);
}

function foreign(file: string, problem: string): StoreError {
  return new StoreError(
    `The file ${file} is no JSON store of this server (${problem}). It was left as it is: ` +
      'set json_storage_file to another file, or put a good copy of the store in its place.',
  );
}

/** Where the first problem is, and what is wrong there; never a value from the file. */
function problemOf(error: z.ZodError, above: PropertyKey[] = []): string {
  const issue = error.issues[0];
  const path = [...above, ...(issue?.path ?? [])].map(String).join('.');
  return `${path || 'the whole'}: ${issue?.message ?? 'invalid'}`;
}

/** Bytes of the file; null where there is none. */
async function sizeIfThere(file: string): Promise<number | null> {
  const seen = await fromDisk(file, () =>
    stat(file).catch((error) => {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    }),
  );
  if (!seen) return null;
  // Neither a folder nor, say, /dev/null: that reads as empty, and must not be moved away as a corrupt file.
  if (!seen.isFile()) {
    throw new StoreError(`The JSON store ${file} is something else than a file. Set json_storage_file to another one.`);
  }
  // Replacing it would ask the folder only. Whoever write-protects a file means the file.
  await access(file, constants.W_OK).catch((error) => {
    throw unwritable(file, error);
  });
  return seen.size;
}

async function fromDisk<Result>(file: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw new StoreError(`The JSON store ${file} cannot be read (${codeOf(error)}). ${HINT}`, { cause: error });
  }
}

function tooLarge(file: string): StoreError {
  return new StoreError(
    `The JSON store ${file} is too large to be read but line by line, and its lines are not as this server writes ` +
      'them, one workspace each. It was left as it is: mend it, or put a good copy in its place.',
  );
}

/** Moves a corrupt file out of the way of the next write. Returns the error to throw. */
async function setAside(file: string, problem: string, now: number): Promise<StoreError> {
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
  return new StoreError(
    `The JSON store ${file} is corrupt (${problem}). It was kept as ${kept}. ` +
      `Put a good copy at ${file}; or move the kept file away, or delete it, to begin empty.`,
  );
}

/**
 * A supervisor starts the server again after it refused a corrupt file. It must not begin empty then: the
 * people would make everything anew, and there would be two truths.
 */
async function refuseIfCorruptOneWasKept(file: string): Promise<void> {
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
