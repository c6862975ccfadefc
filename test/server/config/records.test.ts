import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/server/config/environment.ts';
import { loadConfig } from '../../../src/server/config/load-config.ts';
import { production } from '../../support/built-server.ts';

const recordsOf = (env: Record<string, string>) => loadConfig({ ...production, ...env }).records;
const redis = { STORE: 'redis', REDIS_URL: 'redis://localhost' };
const inMemory = { kind: 'sqlite', file: null };
const apiKey = {
  API_KEYS: 'main:xB3vTq8LrW0eKx5ZuN2hJd7cPfGsAm1oRi6VtQzC',
  PUBLIC_URL: 'https://meet.example.com',
};
const webhook = {
  WEBHOOK_URL: 'https://a.example/hook',
  WEBHOOK_SECRET: 'whsec_NnsmIY+h5uPqFitceJpaIU/CauhmgcZTF4qSpJAdydM=',
};
const userTokens = { USERS: 'tokens', USER_TOKEN_SECRET: 'aB3vTq8LrW0eKx5ZuN2hJd7cPfGsAm1oRi6VtQzC' };

describe('Records', () => {
  it('are there only where something needs them', () => {
    expect(recordsOf({})).toBeNull();
    expect(recordsOf({ JSON_STORAGE_FILE: '/tmp/rooms.json' })).toBeNull();
    expect(recordsOf(redis)).toBeNull();
    for (const need of [
      { USERS: 'open' },
      apiKey,
      webhook,
      { DATABASE_URL: 'sqlite::memory:' },
      { DEVELOPMENT: 'true' },
    ]) {
      expect(recordsOf(need as Record<string, string>), JSON.stringify(need)).toEqual(inMemory);
    }
  });

  it('lie beside the file of a JSON store, if nothing else is said', () => {
    expect(recordsOf({ ...apiKey, JSON_STORAGE_FILE: '/tmp/a/rooms.json' })).toEqual({
      kind: 'sqlite',
      file: '/tmp/a/records.db',
    });
    expect(recordsOf({ ...apiKey, JSON_STORAGE_FILE: 'rooms.json' })).toEqual({
      kind: 'sqlite',
      file: path.resolve('storage/records.db'),
    });
  });

  it('lie in the folder of the recordings where the workspaces are in memory, because recordings last', () => {
    expect(recordsOf({ RECORDINGS_DIR: '/tmp/recordings' })).toEqual({
      kind: 'sqlite',
      file: '/tmp/recordings/records.db',
    });
    expect(recordsOf({ RECORDINGS_DIR: '/tmp/recordings', JSON_STORAGE_FILE: '/tmp/a/rooms.json' })).toEqual({
      kind: 'sqlite',
      file: '/tmp/a/records.db',
    });
  });

  it('are not made only because DEVELOPMENT has an open directory, where they would ask for a database', () => {
    expect(recordsOf({ ...redis, DEVELOPMENT: 'true' })).toBeNull();
    expect(recordsOf({ ...redis, DEVELOPMENT: 'true', DATABASE_URL: 'postgres://a/b' })).not.toBeNull();
  });

  it.each([
    [{ USERS: 'open' }, 'USERS=open'],
    [userTokens, 'USERS=tokens'],
    [apiKey, 'API_KEYS'],
    [webhook, 'WEBHOOK_URL'],
    [{ RECORDINGS_DIR: '/tmp/recordings' }, 'RECORDINGS_DIR'],
  ])('of many nodes are in PostgreSQL: %o is refused without', (need, name) => {
    const env = { ...redis, ...(need as Record<string, string>) };
    expect(() => recordsOf(env)).toThrow(ConfigError);
    expect(() => recordsOf(env)).toThrow(`DATABASE_URL is missing, and ${name} needs it with STORE=redis: postgres://`);
    expect(() => recordsOf({ ...env, DATABASE_URL: 'sqlite:/tmp/a.db' })).toThrow(
      /^DATABASE_URL must be postgres:.*with STORE=redis: the nodes share one database\.$/,
    );
    expect(recordsOf({ ...env, DATABASE_URL: 'postgres://a/b' })).toEqual({ kind: 'postgres', url: 'postgres://a/b' });
  });
});

describe('DATABASE_URL', () => {
  it.each([
    ['sqlite:records.db', path.resolve('records.db')],
    ['sqlite:data/records.db', path.resolve('data/records.db')],
    ['sqlite:/var/lib/mesh/records.db', '/var/lib/mesh/records.db'],
    ['sqlite:///var/lib/mesh/records.db', '/var/lib/mesh/records.db'],
    ['SQLite:/a b/ü.db', '/a b/ü.db'],
    ['sqlite::memory:', null],
  ])('may be %s', (url, file) => {
    expect(recordsOf({ DATABASE_URL: url })).toEqual({ kind: 'sqlite', file });
  });

  it.each([
    'postgres://localhost',
    'postgresql://ada:p%40ss@db.example.com:5433/mesh?sslmode=verify-full',
    'postgres:///mesh?host=/var/run/postgresql',
    'postgres://[::1]:5432/mesh',
  ])('may be %s', (url) => {
    expect(recordsOf({ DATABASE_URL: url })).toEqual({ kind: 'postgres', url });
  });

  it.each([
    'records.db',
    'mysql://ada:hush@localhost/a',
    'sqlite:',
    'sqlite://hush/records.db',
    'sqlite:/var/lib/hush/',
    'postgres:hush',
    'postgres://ada:hush@localhost:x/a',
    'postgres://ada:%hush@localhost/a',
  ])('may not be %s, and nothing of it is repeated', (url) => {
    expect(() => recordsOf({ DATABASE_URL: url })).toThrow(/^DATABASE_URL must be sqlite:<path>, or postgres:\/\/name/);
    expect(() => recordsOf({ DATABASE_URL: url })).not.toThrow(/hush/);
  });
});
