import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/server/config/environment.ts';
import { keyOfSecret, readWebhooks } from '../../../src/server/config/webhooks.ts';

const secretOf = (bytes: number, fill: string) => `whsec_${Buffer.alloc(bytes, fill).toString('base64')}`;
const [first, second, third] = ['one', 'two', 'three'].map((fill) => secretOf(32, fill));
const url = 'https://www.example.com/webhooks';

/** The webhooks of an environment, with the sentences for the operator. */
function read(env: Record<string, string>) {
  const warnings: string[] = [];
  return { ...readWebhooks(env, warnings), warnings };
}

function refusal(env: Record<string, string>): string {
  try {
    read(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('it was not refused');
}

describe('Endpoints of the configuration', () => {
  it('are none without WEBHOOK_URL', () => {
    expect(read({})).toEqual({ urls: [], secrets: [], warnings: [] });
    expect(read({ WEBHOOK_URL: ' ', WEBHOOK_SECRET: '' })).toEqual({ urls: [], secrets: [], warnings: [] });
  });

  it('may be several, private, and without TLS; one that stands there twice is one', () => {
    const urls = ['http://127.0.0.1:8080/hook', url, 'http://[::1]/', url];
    expect(read({ WEBHOOK_URL: urls.join(' , '), WEBHOOK_SECRET: `${first}` })).toEqual({
      urls: urls.slice(0, 3),
      secrets: [first],
      warnings: [],
    });
  });

  it('are signed with two secrets while one takes the place of the other', () => {
    expect(read({ WEBHOOK_URL: url, WEBHOOK_SECRET: `${first}, ${second}` }).secrets).toEqual([first, second]);
    expect(refusal({ WEBHOOK_URL: url, WEBHOOK_SECRET: `${first},${second},${third}` })).toMatch(/more than two/);
  });

  it('need a secret, and the sentence shows how to make one', () => {
    expect(refusal({ WEBHOOK_URL: url })).toMatch(/^WEBHOOK_SECRET is missing.*openssl rand -base64 32/);
  });

  it('are read over by a warning where there is only the secret', () => {
    expect(read({ WEBHOOK_SECRET: `${first}` }).warnings).toEqual([expect.stringMatching(/WEBHOOK_URL is not/)]);
  });

  it.each([
    ['www.example.net/hook', /Address 2 of WEBHOOK_URL must be an http or https URL/],
    ['ftp://www.example.com', /Address 2 of WEBHOOK_URL must be an http or https URL/],
    ['https://user:password@www.example.com', /Address 2 .* no user name or password/],
    ['https://www.example.com/#part', /Address 2 .* no part after #/],
  ])('cannot be %s', (wrong, sentence) => {
    const message = refusal({ WEBHOOK_URL: `${url},${wrong}`, WEBHOOK_SECRET: `${first}` });
    expect(message).toMatch(sentence);
    expect(message).not.toContain(wrong);
  });
});

describe('A webhook secret', () => {
  it.each([24, 25, 32, 64])('may have %i bytes', (bytes) => {
    expect(keyOfSecret(secretOf(bytes, 'key'))).toEqual(Buffer.alloc(bytes, 'key'));
  });

  it.each([
    ['too short', secretOf(23, 'key')],
    ['too long', secretOf(65, 'key')],
    ['without its prefix', secretOf(32, 'key').slice('whsec_'.length)],
    ['not base64', `whsec_${'!'.repeat(44)}`],
    ['in base64 for URLs', `whsec_${Buffer.alloc(32, 255).toString('base64url')}`],
    ['without its padding', secretOf(32, 'key').replace('=', '')],
    ['a sample', 'whsec_replace-me-with-32-random-bytes-in-base64'],
  ])('is refused where it is %s', (_, secret) => {
    expect(keyOfSecret(secret)).toBeNull();
    const message = refusal({ WEBHOOK_URL: url, WEBHOOK_SECRET: `${first},${secret}` });
    expect(message).toMatch(/^Secret 2 of WEBHOOK_SECRET must be whsec_/);
    expect(message).not.toContain(secret.slice(6));
  });
});
