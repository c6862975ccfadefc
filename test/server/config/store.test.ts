import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/server/config/environment.ts';
import { loadConfig } from '../../../src/server/config/load-config.ts';

const secrets = {
  MAGICK_TOKEN: 'Yb3vTq8LrW0eKx5ZuN2hJd7cPfGsAm1oRi6VtQzB',
  SALT_STRING: 'Hn4wSj9MkX1fLy6AvP3iKe8dQgHtBn2pSj7WuRaC',
};

const storeOf = (env: Record<string, string>) => loadConfig({ ...secrets, ...env }).store;
const redisAt = (url: string, env: Record<string, string> = {}) => storeOf({ STORE: 'redis', REDIS_URL: url, ...env });

const nobody = { master: '', db: 0, username: null, password: null, tls: null };

describe('The store', () => {
  it('is what STORE says, and where it says nothing a file if one is named', () => {
    expect(storeOf({})).toEqual({ kind: 'memory' });
    expect(storeOf({ JSON_STORAGE_FILE: '/tmp/rooms.json' })).toEqual({ kind: 'json', file: '/tmp/rooms.json' });
    expect(storeOf({ STORE: 'JSON', JSON_STORAGE_FILE: '/tmp/rooms.json' })).toMatchObject({ kind: 'json' });
    expect(storeOf({ STORE: 'memory', JSON_STORAGE_FILE: '/tmp/rooms.json' })).toEqual({ kind: 'memory' });
    expect(redisAt('redis://localhost', { JSON_STORAGE_FILE: '/tmp/rooms.json' })).toMatchObject({ kind: 'redis' });
  });

  it.each([
    [{ STORE: 'mongo' }, /^STORE must be one of memory, json, redis\. It is 'mongo'\.$/],
    [{ STORE: 'json' }, /^json_storage_file .* is missing, and STORE=json needs it\.$/],
    [{ STORE: 'redis' }, /^REDIS_URL is missing, and STORE=redis needs it\.$/],
    [{ STORE: 'redis', REDIS_URL: 'redis://localhost', MAGICK_TOKEN: '' }, /^MAGICK_TOKEN is missing.*all nodes/],
    [{ STORE: 'redis', REDIS_URL: 'redis://localhost', SALT_STRING: '' }, /^SALT_STRING is missing.*all nodes/],
  ])('is refused as %j, with a sentence', (env, sentence) => {
    expect(() => storeOf(env as Record<string, string>)).toThrow(ConfigError);
    expect(() => storeOf(env as Record<string, string>)).toThrow(sentence);
  });

  it('is not Redis only because there is a URL of one, and the operator is told so', () => {
    const { store, warnings } = loadConfig({ REDIS_URL: 'redis://localhost' });
    expect(store).toEqual({ kind: 'memory' });
    expect(warnings).toEqual(['REDIS_URL is set, but STORE is memory: Redis is not used.']);
  });

  it('does not use what is set besides, and the operator is told so', () => {
    const besides = { JSON_STORAGE_FILE: 'rooms.json', REDIS_CA: '/etc/redis-ca.pem' };
    const { warnings } = loadConfig({ ...secrets, ...besides, STORE: 'redis', REDIS_URL: 'redis://localhost' });
    expect(warnings).toEqual([
      'json_storage_file is set, but STORE is redis: it is not used.',
      'REDIS_CA is set, but REDIS_URL is without TLS (rediss).',
    ]);
  });
});

describe('REDIS_URL', () => {
  it.each([
    ['redis://localhost', { ...nobody, kind: 'single', hosts: [{ host: 'localhost', port: 6379 }] }],
    ['redis://10.0.0.7:6380/3', { ...nobody, kind: 'single', hosts: [{ host: '10.0.0.7', port: 6380 }], db: 3 }],
    ['redis://[::1]:6380', { ...nobody, kind: 'single', hosts: [{ host: '::1', port: 6380 }] }],
    [
      'redis://:p%40ss%2Fword@redis.example.com',
      { ...nobody, kind: 'single', hosts: [{ host: 'redis.example.com', port: 6379 }], password: 'p@ss/word' },
    ],
    [
      'rediss://ada:secret@redis.example.com:6380/1',
      {
        ...nobody,
        kind: 'single',
        hosts: [{ host: 'redis.example.com', port: 6380 }],
        db: 1,
        username: 'ada',
        password: 'secret',
        tls: { ca: null },
      },
    ],
    [
      'redis+sentinel://:secret@a,b:26380/main/2',
      {
        ...nobody,
        kind: 'sentinel',
        hosts: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 26_380 },
        ],
        master: 'main',
        db: 2,
        password: 'secret',
      },
    ],
    [
      'rediss+cluster://a:7000,b:7001',
      {
        ...nobody,
        kind: 'cluster',
        hosts: [
          { host: 'a', port: 7000 },
          { host: 'b', port: 7001 },
        ],
        tls: { ca: null },
      },
    ],
  ])('may be %s', (url, address) => {
    expect(redisAt(url)).toEqual({ kind: 'redis', address });
  });

  it('may have an authority of its own for TLS', () => {
    expect(redisAt('rediss://a', { REDIS_CA: '/etc/redis-ca.pem' })).toMatchObject({
      address: { tls: { ca: '/etc/redis-ca.pem' } },
    });
  });

  it.each([
    'localhost:6379',
    'http://:hush@localhost',
    'redis://',
    'redis://:hush@localhost:x',
    'redis://:hush@localhost:99999',
    'redis://:hush@localhost/x',
    'redis://:hush@localhost/-1',
    'redis://:hush@a,b',
    'redis://:%hush@a',
    'redis+sentinel://:hush@a:26379',
    'redis+cluster://:hush@a:7000/1',
    'redis+ring://:hush@a',
  ])('may not be %s, and nothing of it is repeated', (url) => {
    const sentence = /^REDIS_URL must be redis:\/\/:password@host:6379\/0, /;
    expect(() => redisAt(url)).toThrow(sentence);
    expect(() => redisAt(url)).not.toThrow(/hush/);
  });
});
