import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordsConfig } from '../../../src/server/config/records.ts';
import { emptyFolder } from '../../support/built-server.ts';
import { Lifetime } from '../../support/lifetime.ts';
import { open } from './open.ts';
import { type Postgres, skipsPostgres, startPostgres } from './postgres-server.ts';

const lifetime = new Lifetime();
let postgres: Postgres;

beforeAll(async () => {
  if (!skipsPostgres()) postgres = await startPostgres(lifetime.atEnd);
});

afterAll(() => lifetime.end());

const kinds: [string, () => Promise<RecordsConfig>][] = [
  ['SQLite in memory', async () => ({ kind: 'sqlite', file: null })],
  ['SQLite in a file', async () => ({ kind: 'sqlite', file: join(await emptyFolder(), 'records.db') })],
  ['PostgreSQL', async () => ({ kind: 'postgres', url: await postgres.database() })],
];

describe.each(kinds)('Records in %s', (kind, config) => {
  const it = test.skipIf(kind === 'PostgreSQL' && skipsPostgres());

  it('keep what a transaction has done, and nothing of one that throws', async () => {
    const records = await open(await config());
    const write = (id: string) =>
      records.transaction(async (db) => {
        await db
          .insertInto('users')
          .values({ id, name: 'Zoë 李', picture: null, updated_at: 1.8e12, erased_at: null })
          .execute();
        if (id === 'bob') throw new Error('Something else failed.');
      });
    await write('ada');
    await expect(write('bob')).rejects.toThrow('Something else failed.');
    const users = await records.query((db) => db.selectFrom('users').selectAll().execute());
    expect(users).toEqual([{ id: 'ada', name: 'Zoë 李', picture: null, updated_at: 1.8e12, erased_at: null }]);
    expect(records.isUp).toBe(true);
  });
});
