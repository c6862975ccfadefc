import { setTimeout } from 'node:timers/promises';
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, sql } from 'kysely';
import pg from 'pg';
import { StoreError } from '../storage/store.ts';
import type { OpenDatabase } from './database.ts';
import { RecordsAway, refused } from './errors.ts';
import type { Schema } from './schema.ts';

/** Connections of one node. */
const CONNECTIONS = 10;

/** The server waits so long for PostgreSQL at the start, ms: it may be starting too. */
const START_MS = 10_000;
const TRY_AGAIN_MS = 200;

/** After so long, ms, PostgreSQL ends a transaction whose node stands still, and with it the locks that others wait for. */
const ABANDONED_MS = 5000;

/** The lock of retention among all nodes; any number will do that no other program uses on this database. */
const LOCK = 6_374_683_002_175;

/**
 * Opens the records in PostgreSQL.
 * @param url with credentials; no message repeats them
 * @param patienceMs how long a connection and a statement may take
 * @throws StoreError where PostgreSQL cannot be reached, or does not let this server in
 */
export async function openPostgres(url: string, patienceMs: number): Promise<OpenDatabase> {
  const database = (limitMs: number, connections: number) => {
    const pool = explaining(createPool(url, limitMs, connections));
    return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  };
  const db = database(patienceMs, CONNECTIONS);
  try {
    await untilReached(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const aside = database(patienceMs, 1);
  return {
    db,
    aside,
    isRemote: true,
    async patiently(work) {
      const patient = database(0, 1);
      return work(patient).finally(() => patient.destroy());
    },
    async isAlone(transaction) {
      const { rows } = await sql<{ got: boolean }>`select pg_try_advisory_xact_lock(${sql.lit(LOCK)}) as got`.execute(
        transaction,
      );
      return rows[0]?.got === true;
    },
    async close() {
      await Promise.all([db.destroy(), aside.destroy()]);
    },
  };
}

/** @param patienceMs 0: no limit */
function createPool(url: string, patienceMs: number, max: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'mesh-workspaces',
    max,
    keepAlive: true,
    idleTimeoutMillis: 30_000,
    // A migration waits for the lock as long as another node needs, but no node waits long for a connection.
    connectionTimeoutMillis: patienceMs || START_MS,
    query_timeout: patienceMs || undefined,
    types: { getTypeParser },
    onConnect: (client) => prepareSession(client, patienceMs),
  });
  // A connection that breaks while nobody uses it: the pool drops it by itself.
  pool.on('error', () => {});
  // One that breaks between two statements of a transaction: the next statement says so.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Bigints are counters and times, which numbers hold exactly. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (oid === pg.types.builtins.INT8 && format !== 'binary') return Number;
  return pg.types.getTypeParser(oid, format as 'text');
}

/**
 * Acknowledged is what would survive a power cut, whatever is set for the role or the database. `remote_apply` asks for
 * more than that. PostgreSQL gives up no later than the server, so nothing goes on for which nobody waits.
 */
async function prepareSession(client: pg.ClientBase, patienceMs: number): Promise<void> {
  await client.query(
    `select
      set_config('synchronous_commit',
        case current_setting('synchronous_commit') when 'remote_apply' then 'remote_apply' else 'on' end, false),
      set_config('statement_timeout', $1, false),
      set_config('lock_timeout', $1, false),
      set_config('idle_in_transaction_session_timeout', $2, false)`,
    [String(patienceMs), String(patienceMs === 0 ? 0 : ABANDONED_MS)],
  );
}

/** The pool with errors of ours, and without connections whose state nobody knows. */
function explaining(pool: pg.Pool): PostgresPool {
  return {
    async connect() {
      const client = await connect(pool);
      let broken: Error | null = null;
      const query = async (text: string, values: readonly unknown[]) => {
        if (broken) throw broken;
        try {
          return await client.query(text, values.map(storable));
        } catch (error) {
          const ours = explained(error);
          if (ours instanceof RecordsAway && !isAnswer(error)) broken = ours;
          throw ours;
        }
      };
      return { query, release: () => client.release(broken !== null) } as unknown as PostgresPoolClient;
    },
    end: () => pool.end(),
  };
}

/** PostgreSQL refuses U+0000 in text. A row with it, such as an event of a hostile client, would be in the way of all others. */
function storable(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value;
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    // It throws at once where a file cannot be read that the URL names.
    return await pool.connect();
  } catch (error) {
    throw explained(error);
  }
}

/** Whether PostgreSQL itself said so, with an SQLSTATE, and so the connection is as it should be. */
const isAnswer = (error: unknown) => error instanceof pg.DatabaseError;

/**
 * Classes of SQLSTATE that say nothing about the statement: connection (08), authorization (28), no such database (3D),
 * deadlock (40), resources (53), not in the right state, such as a lock that is not free (55), operator intervention (57),
 * system error (58), internal error (XX); and a replica, which only reads.
 */
const AWAY = /^(?:08|28|3D|40|53|55|57|58|XX|25006|25P03)/;

function explained(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { code, message } = error as Error & { code?: string };
  if (!isAnswer(error)) return new RecordsAway(code ?? message, error);
  return AWAY.test(code ?? '') ? new RecordsAway(`${code} ${message}`) : refused(message);
}

/** Refusals that waiting does not mend: a wrong name or password, no such database. */
const NOT_LET_IN = /^(?:28|3D)/;

/** @throws StoreError where it is not reached in time, or does not let this server in */
async function untilReached(db: Kysely<Schema>): Promise<void> {
  const since = performance.now();
  for (;;) {
    try {
      await sql`select 1`.execute(db);
      return;
    } catch (error) {
      if (!(error instanceof RecordsAway)) throw error;
      const { reason } = error;
      if (NOT_LET_IN.test(reason)) {
        throw new StoreError(
          `PostgreSQL does not let this server in (${reason}). Check the name, the password and the database in DATABASE_URL.`,
        );
      }
      if (performance.now() - since > START_MS) {
        throw new StoreError(`PostgreSQL cannot be reached (${reason}). Check DATABASE_URL, and that it runs.`);
      }
      await setTimeout(TRY_AGAIN_MS);
    }
  }
}
