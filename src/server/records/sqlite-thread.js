// @ts-check
// Plain JavaScript, so that Node starts it as it is, whether the server runs from its sources or built.

import { parentPort, workerData } from 'node:worker_threads';

/** @import { Answer, Query } from './sqlite-client.ts' */

/** Statements that stay prepared. The server has fewer; lists of several lengths make some more. */
const MOST_PREPARED = 200;

/** Bytes that the journal keeps after it was larger. */
const JOURNAL_BYTES = 16 * 1024 * 1024;

/** A code of ours, beside those of SQLite. */
const NO_LIBSQL = 'NO_LIBSQL';

/** @returns {Promise<import('libsql').Database>} */
async function open() {
  const { default: Database } = await import('libsql').catch((/** @type {Error} */ { message }) => {
    throw Object.assign(new Error(message), { code: NO_LIBSQL });
  });
  const db = new Database(workerData);
  // Acknowledged is what would survive a power cut: FULL syncs the journal at each commit.
  for (const pragma of [
    'busy_timeout = 5000',
    'journal_mode = WAL',
    'synchronous = FULL',
    'foreign_keys = ON',
    // What is erased is overwritten too.
    'secure_delete = ON',
    `journal_size_limit = ${JOURNAL_BYTES}`,
  ]) {
    db.prepare(`PRAGMA ${pragma}`).all();
  }
  return db;
}

/** @param {unknown} error @returns {Answer} */
function failure(error) {
  const { code, message } = /** @type {Error & { code?: string }} */ (error);
  return { code: code ?? 'SQLITE_ERROR', message };
}

/** @type {Map<string, import('libsql').Statement>} */
const prepared = new Map();

/** @param {import('libsql').Database} db @param {string} sql */
function prepare(db, sql) {
  const statement = prepared.get(sql) ?? db.prepare(sql);
  // The one that was used least recently comes first.
  prepared.delete(sql);
  prepared.set(sql, statement);
  for (const oldest of prepared.keys()) {
    if (prepared.size <= MOST_PREPARED) break;
    prepared.delete(oldest);
  }
  return statement;
}

/** @param {import('libsql').Database} db @param {Query} query @returns {Answer} */
function execute(db, { sql, parameters }) {
  try {
    const statement = prepare(db, sql);
    if (statement.reader) return { rows: statement.all(parameters), changes: 0 };
    return { rows: [], changes: statement.run(parameters).changes };
  } catch (error) {
    return failure(error);
  }
}

try {
  const db = await open();
  parentPort?.postMessage({ rows: [], changes: 0 });
  parentPort?.on('message', (/** @type {Query | null} */ query) => {
    if (query) return parentPort?.postMessage(execute(db, query));
    db.close();
    parentPort?.close();
  });
} catch (error) {
  parentPort?.postMessage(failure(error));
}
