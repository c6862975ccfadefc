import { afterAll, beforeAll } from 'vitest';
import { Lifetime } from '../../support/lifetime.ts';
import { recordsContract } from './contract.ts';
import { type Postgres, skipsPostgres, startPostgres } from './postgres-server.ts';

const lifetime = new Lifetime();
let postgres: Postgres;

beforeAll(async () => {
  if (!skipsPostgres()) postgres = await startPostgres(lifetime.atEnd);
});

afterAll(() => lifetime.end());

recordsContract(
  'PostgreSQL',
  skipsPostgres() ? null : async () => ({ kind: 'postgres', url: await postgres.database() }),
);
