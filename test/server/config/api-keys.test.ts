import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { ConfigError } from '../../../src/server/config/environment.ts';
import { loadConfig } from '../../../src/server/config/load-config.ts';
import { production } from '../../support/built-server.ts';

const first = 'Qm7RzVt2XbLw9KcJh4Ns6PfGdYe1Ua8i';
const second = 'e4Ck0WzTq6yHn2BvMj8SgLr5DxPf1Uo9';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** The sentence with which API_KEYS or PUBLIC_URL is refused. */
function refusal(env: Record<string, string>): string {
  try {
    loadConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('it was not refused');
}

it('API_KEYS gives each key an id, its scopes and the hash of its secret, which reads and writes by default', () => {
  expect(loadConfig({ API_KEYS: ` clinic:${first} , ops:${second}:read+admin,` }).apiKeys).toEqual([
    { id: 'clinic', hash: sha256(first), scopes: ['read', 'write'] },
    { id: 'ops', hash: sha256(second), scopes: ['read', 'admin'] },
  ]);
  expect(JSON.stringify(loadConfig({ API_KEYS: `clinic:${first}` }))).not.toContain(first);
});

it.each([
  ['no id', first, /<id>:<secret>.*entry 1/],
  ['an empty id', `:${first}`, /entry 1/],
  ['an id with a space', `a b:${first}`, /entry 1/],
  ['a part too many', `a:${first}:read:write`, /entry 1/],
  ['no secret', 'a:', /'a'.*missing/],
  ['a short secret', `a:${first.slice(1)}`, /'a'.*too short: 32/],
  ['a sample', `a:replace-me-${first}`, /'a'.*sample/],
  ['a secret of few characters', `a:${'ab'.repeat(20)}`, /'a'.*too easy to guess/],
  ['a secret that repeats itself', `a:${'0123456789abcdef'.repeat(2)}`, /'a'.*too easy to guess/],
  ['a secret that no header can hold', `a:${first}é`, /'a'.*Bearer/],
  ['an unknown scope', `a:${first}:read+delete`, /scopes of 'a'.*read\+write\+admin/],
  ['no scope', `a:${first}:`, /scopes of 'a'/],
  ['an id twice', `a:${first},a:${second}`, /'a' twice/],
  ['a secret twice', `a:${first},b:${first}:read`, /'a' and 'b' the same secret/],
])('API_KEYS with %s is refused, also in DEVELOPMENT, and no secret is repeated', (_, keys, sentence) => {
  const message = refusal({ API_KEYS: keys });
  expect(message).toMatch(sentence);
  expect(message).not.toContain(first.slice(1));
  expect(message).not.toContain('\n');
});

it.each([
  ['https://meet.example.com', '/', 'https://meet.example.com/'],
  ['HTTPS://Meet.Example.com:443/', '/', 'https://meet.example.com/'],
  ['https://meet.example.com', '/calls/', 'https://meet.example.com/calls/'],
  // A proxy that strips its part, and one that passes the whole path on.
  ['https://example.com/calls', '/', 'https://example.com/calls/'],
  ['https://example.com/calls/', '/calls/', 'https://example.com/calls/'],
  ['https://example.com/clinic/', '/calls/', 'https://example.com/clinic/calls/'],
  ['http://[::1]:9090', '/', 'http://[::1]:9090/'],
])('PUBLIC_URL %s with base_path %s is the page at %s', (given, basePath, page) => {
  expect(loadConfig({ PUBLIC_URL: given, BASE_PATH: basePath }).publicUrl).toBe(page);
});

it.each(['meet.example.com', 'ftp://a', 'https://u:p4ss@a', 'https://a/?x=1', 'https://a/#x', 'https://', '/calls/'])(
  'PUBLIC_URL %s is refused',
  (given) => {
    const message = refusal({ PUBLIC_URL: given });
    expect(message).toMatch(/^PUBLIC_URL must be an https or http URL/);
    expect(message).not.toContain('p4ss');
  },
);

it('API_KEYS needs PUBLIC_URL where others are served, because no link is made of a Host header', () => {
  expect(refusal({ ...production, API_KEYS: `a:${first}` })).toMatch(/^PUBLIC_URL is missing.*API_KEYS/);
  expect(loadConfig({ ...production }).publicUrl).toBeNull();
  expect(loadConfig({ API_KEYS: `a:${first}` }).publicUrl).toBeNull();
});
