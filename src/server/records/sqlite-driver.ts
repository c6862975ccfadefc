import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { RecordsAway, refused } from './errors.ts';
import type { SqliteClient } from './sqlite-client.ts';

/** SQLite for Kysely, over the thread that has the database. */
export function sqliteDialect(open: () => Promise<SqliteClient>): Dialect {
  return {
    createDriver: () => new SqliteDriver(open),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new Adapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

class Adapter extends SqliteAdapter {
  // SQLite has it, and a migration that was killed midway leaves nothing behind.
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Has one connection, and lends it to one at a time. */
class SqliteDriver implements Driver {
  readonly #open: () => Promise<SqliteClient>;
  #client: SqliteClient | null = null;
  #lent: Promise<void> = Promise.resolve();
  readonly #giveBack = new WeakMap<DatabaseConnection, () => void>();

  /** @param open opens the database, also anew when its thread has ended */
  constructor(open: () => Promise<SqliteClient>) {
    this.#open = open;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#lent;
    let giveBack = () => {};
    this.#lent = new Promise((resolve) => {
      giveBack = resolve;
    });
    await before;
    try {
      if (!this.#client || this.#client.hasEnded) this.#client = await this.#open();
    } catch (error) {
      giveBack();
      throw error;
    }
    const connection = new Connection(this.#client);
    this.#giveBack.set(connection, giveBack);
    return connection;
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    this.#giveBack.get(connection)?.();
  }

  // Every transaction writes. One that only began to read could not be sure to be let write later.
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // A full disk has rolled back already. Only what failed before matters to the caller.
    await connection.executeQuery(CompiledQuery.raw('rollback')).catch(() => {});
  }

  async destroy(): Promise<void> {
    await this.#lent;
    await this.#client?.close();
  }
}

class Connection implements DatabaseConnection {
  readonly #client: SqliteClient;

  constructor(client: SqliteClient) {
    this.#client = client;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const answer = await this.#client.execute({ sql, parameters });
    if ('code' in answer) throw explained(answer);
    return { rows: answer.rows as Row[], numAffectedRows: BigInt(answer.changes) };
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('The records read pages, and no streams.');
  }
}

/** The disk is full or gone, the file is locked or damaged: another time it may be different, and no data is to blame. */
const AWAY = /^SQLITE_(?:BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PERM|AUTH)/;

function explained({ code, message }: { code: string; message: string }): Error {
  return AWAY.test(code) ? new RecordsAway(code) : refused(message);
}
