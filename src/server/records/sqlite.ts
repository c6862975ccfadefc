import { mkdir, open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Kysely } from 'kysely';
import { type LastingFile, unwritable } from '../storage/file-errors.ts';
import { type FileLock, lockFile } from '../storage/file-lock.ts';
import { StoreError } from '../storage/store.ts';
import type { OpenDatabase } from './database.ts';
import type { Schema } from './schema.ts';
import { type Answer, SqliteClient } from './sqlite-client.ts';
import { sqliteDialect } from './sqlite-driver.ts';

/** Bytes that are read within half a second. */
const MOST_READ_AT_START = 64 * 1024 * 1024;

const DATABASE: LastingFile = {
  name: 'records database',
  setting: 'DATABASE_URL',
  inMemory: 'set DATABASE_URL=sqlite::memory: to keep records in memory only',
};

/**
 * Opens the records in SQLite: in a file that one server at a time uses, or in memory.
 * @param path null: in memory
 * @throws StoreError where the file cannot be used, is damaged, is no database, or is in use by another server
 */
export async function openSqlite(path: string | null): Promise<OpenDatabase> {
  if (path === null) return opened(':memory:', await openFile(':memory:'), null);
  const file = await behindLinks(path);
  const lock = await lockFile(file, DATABASE);
  try {
    await createPrivately(file);
    const client = await openFile(file);
    await inspect(file, client);
    return opened(file, client, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Opens a file that a server may be using, to read it: several processes can, and one of them writes.
 * @throws StoreError where there is none
 */
export async function openBeside(path: string | null): Promise<OpenDatabase> {
  const isThere = path !== null && (await stat(path).catch(() => null)) !== null;
  if (!isThere) throw new StoreError(`There is no ${DATABASE.name} at ${path ?? ':memory:'}.`);
  return opened(path, await openFile(path), null);
}

function opened(file: string, first: SqliteClient, lock: FileLock | null): OpenDatabase {
  let ready: SqliteClient | null = first;
  const db = new Kysely<Schema>({
    dialect: sqliteDialect(async () => {
      const client = ready ?? (await openFile(file));
      ready = null;
      return client;
    }),
  });
  return {
    db,
    // One connection does one thing after the other.
    aside: db,
    patiently: (work) => work(db),
    isRemote: false,
    isAlone: async () => true,
    async close() {
      await db.destroy();
      await lock?.release();
    },
  };
}

/** Where the path is a link, the lock is on the file behind it. */
async function behindLinks(path: string): Promise<string> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw unwritable(path, error, DATABASE);
  });
  return realpath(path).catch(async () => join(await realpath(folder), basename(path)));
}

/** SQLite would let everybody read it. Its journal gets the mode of the file. */
async function createPrivately(file: string): Promise<void> {
  const handle = await open(file, 'a', 0o600).catch((error) => {
    throw unwritable(file, error, DATABASE);
  });
  await handle.close();
}

async function openFile(file: string): Promise<SqliteClient> {
  const client = new SqliteClient(file);
  const answer = await client.opened();
  if ('code' in answer) throw unusable(file, answer.code);
  return client;
}

/**
 * Reads the whole file once, because damage in a page that is seldom read would else show only while somebody needs it.
 * A large file would hold the start up; there it shows in the log when somebody does.
 */
async function inspect(file: string, client: SqliteClient): Promise<void> {
  if ((await stat(file)).size > MOST_READ_AT_START) return;
  const answer = await client.execute({ sql: 'PRAGMA quick_check(1)', parameters: [] });
  if (isWhole(answer)) return;
  await client.close();
  throw unusable(file, 'code' in answer ? answer.code : 'SQLITE_CORRUPT');
}

const isWhole = (answer: Answer) =>
  'rows' in answer && (answer.rows[0] as { quick_check?: string })?.quick_check === 'ok';

function unusable(file: string, code: string): StoreError {
  if (code === 'NO_LIBSQL') {
    return new StoreError(
      `Records need SQLite, and libsql has none for this platform (${process.platform} ${process.arch}). Set ` +
        'DATABASE_URL to a PostgreSQL, or do without: leave users (USERS), API_KEYS and WEBHOOK_URL empty.',
    );
  }
  if (code.startsWith('SQLITE_NOTADB')) {
    return new StoreError(
      `The file ${file} is no database of SQLite. It was left as it is: set DATABASE_URL to another file.`,
    );
  }
  if (code.startsWith('SQLITE_CORRUPT')) {
    return new StoreError(
      `The records database ${file} is damaged. It was left as it is: put a backup in its place, without the files ` +
        'that end with -wal and -shm, or move it away to begin with an empty one.',
    );
  }
  return unwritable(file, { code }, DATABASE);
}
