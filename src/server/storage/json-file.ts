import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import type { Adapter } from 'lowdb';
import { inChunks } from './chunks.ts';
import { refuseIfCorruptOneWasKept, setAside } from './corrupt-file.ts';
import type { Documents } from './documents.ts';
import { type FileIdentity, identityOf, isSameFile, putInPlace, removeBeside, writeBeside } from './durable-file.ts';
import { codeOf, HINT, unwritable } from './file-errors.ts';
import { readLines } from './json-lines.ts';
import { OPENING, parse, VERSION } from './json-text.ts';
import { StoreError } from './store.ts';

/** Bytes. JSON.parse takes a string, and a string of V8 has half a gigabyte at the most. */
const MOST_PARSED_AT_ONCE = 400 * 1024 * 1024;

/** The file of the JSON store, `{"version":1,"workspaces":{<id>: <document>}}`, as an adapter of lowdb. */
interface JsonFile extends Adapter<Documents> {
  /**
   * The documents, or null where there is no file yet.
   * @throws StoreError. A corrupt file is set aside first, so that nothing overwrites it.
   */
  read(): Promise<Documents | null>;
  /**
   * Writes the documents beside the file; `publish` puts them in its place. They may change meanwhile: those that do
   * are written as they were or as they are, those that are added are not written, and those that are deleted may be.
   * @throws StoreError
   */
  write(documents: Documents): Promise<void>;
  /**
   * Puts the file that `write` has written in its place, once it is on the disk.
   * @throws StoreError
   */
  publish(): Promise<void>;
  /** Removes the file that `write` has left beside this one. */
  discard(): Promise<void>;
  /** Whether the file that was published last lies at the path, and nobody has changed it. */
  isAsLeft(): Promise<boolean>;
  /** SHA-256 of what was read or written last, in hexadecimal digits; null before. */
  readonly hash: string | null;
  /** Bytes of what was written last. */
  readonly size: number;
}

/**
 * @param file an absolute path
 * @param now the clock, in ms since the epoch; names the copy of a corrupt file
 */
export function jsonFile(file: string, now: () => number): JsonFile {
  let hash: string | null = null;
  let written: FileIdentity | null = null;
  let published: FileIdentity | null = null;

  return {
    async read() {
      const size = await sizeIfThere(file);
      if (size === null) {
        await refuseIfCorruptOneWasKept(file);
        return null;
      }
      const lines = createHash('sha256');
      const documents = await fromDisk(file, () => readLines(file, `${OPENING}{`, lines));
      if (documents) {
        hash = lines.digest('hex');
        return documents;
      }
      if (size > MOST_PARSED_AT_ONCE) throw tooLarge(file);
      const bytes = await fromDisk(file, () => readFile(file));
      const result = parse(bytes);
      if ('documents' in result) {
        hash = createHash('sha256').update(bytes).digest('hex');
        return result.documents;
      }
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
      const whole = createHash('sha256');
      function* hashed(): Generator<Buffer> {
        for (const chunk of inChunks(textsOf(documents))) {
          whole.update(chunk);
          yield chunk;
        }
      }
      try {
        written = await writeBeside(file, hashed());
      } catch (error) {
        throw unwritable(file, error);
      }
      hash = whole.digest('hex');
    },

    async publish() {
      try {
        await putInPlace(file);
      } catch (error) {
        throw unwritable(file, error);
      }
      published = written;
    },

    discard: () => removeBeside(file),

    async isAsLeft() {
      const seen = await identityOf(file);
      return isSameFile(seen, published) && seen?.size === published?.size && seen?.mtimeNs === published?.mtimeNs;
    },

    get hash() {
      return hash;
    },

    get size() {
      return Number(written?.size ?? 0);
    },
  };
}

/** The text of the file, one workspace a line. */
function* textsOf(documents: Documents): Generator<string> {
  // The ids are copied first: an iterator of the Map would visit an id twice that was deleted and added again.
  const ids = [...documents.keys()];
  yield `${OPENING}{`;
  let separator = '\n';
  for (const id of ids) {
    const workspace = documents.get(id);
    if (!workspace) continue;
    yield `${separator}${JSON.stringify(id)}:${JSON.stringify(workspace)}`;
    separator = ',\n';
  }
  yield '\n}}\n';
}

function foreign(file: string, problem: string): StoreError {
  return new StoreError(
    `The file ${file} is no JSON store of this server (${problem}). It was left as it is: ` +
      'set json_storage_file to another file, or put a good copy of the store in its place.',
  );
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
  // Only the folder's mode decides whether a file can be replaced. An operator who write-protects the file means the
  // file.
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
