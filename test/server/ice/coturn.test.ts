import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coturnProvider } from '../../../src/server/ice/coturn.ts';
import { hasCoturn, startCoturn } from './coturn-server.ts';
import { allocate } from './turn-client.ts';

const secret = 'north wind, 北風';
const urls = ['turn:relay.example:3478?transport=udp', 'turn:relay.example:3478?transport=tcp', 'turns:relay.example'];

describe('credentials', () => {
  const now = () => 1_700_000_000_999;
  const coturn = coturnProvider({ urls, secret, ttlSeconds: 3600, now });

  it('are the expiry and the seat, and their HMAC as OpenSSL computes it', async () => {
    const servers = await coturn.servers('_abc-1');
    const username = '1700003600:_abc-1';
    const credential = execFileSync('openssl', ['dgst', '-sha1', '-hmac', secret, '-binary'], { input: username });
    expect(servers).toStrictEqual([
      { urls: 'stun:relay.example:3478', url: 'stun:relay.example:3478' },
      ...urls.map((url) => ({ urls: url, url, username, credential: credential.toString('base64') })),
    ]);
  });

  it('differ from seat to seat', async () => {
    const [a, b] = await Promise.all([coturn.servers('_a'), coturn.servers('_b')]);
    expect(a.at(-1)?.credential).not.toBe(b.at(-1)?.credential);
  });
});

describe('STUN for anybody', () => {
  const stun = (urls: string[], stunUrls?: string[]) =>
    coturnProvider({ urls, secret, ttlSeconds: 1, now: Date.now, stunUrls })
      .stun()
      .map((server) => server.urls);

  it('is each relay once, without those that only speak TLS', () => {
    expect(stun(urls)).toEqual(['stun:relay.example:3478']);
    expect(stun(['turn:[::1]:3478?transport=udp', 'turn:b', 'turns:c'])).toEqual(['stun:[::1]:3478', 'stun:b']);
    expect(stun(['turn:a'], [])).toEqual(['stun:a']);
  });

  it('is another list where one is set', () => {
    expect(stun(urls, ['stun:other.example'])).toEqual(['stun:other.example']);
  });
});

const missing = !hasCoturn();
if (missing) console.log('Skipped: no test with a real relay, since turnserver (coturn) is not on this machine.');

describe.skipIf(missing && process.env.CI !== 'true')('a real coturn', () => {
  let relay: Awaited<ReturnType<typeof startCoturn>>;

  beforeAll(async () => {
    if (missing) throw new Error('turnserver (coturn) is missing, and CI=true allows no skipping.');
    relay = await startCoturn(secret);
  });

  afterAll(() => relay?.stop());

  /** The last entry that a seat gets from a provider with these differences. */
  async function served({ secret: key = secret, now = Date.now } = {}) {
    const url = `turn:127.0.0.1:${relay.port}?transport=udp`;
    const servers = await coturnProvider({ urls: [url], secret: key, ttlSeconds: 60, now }).servers('_abc');
    const { username = '', credential = '' } = servers.at(-1) ?? {};
    return { username, credential };
  }

  it('allocates a relay for the credentials that a seat gets', async () => {
    expect(await allocate(relay.port, await served())).toEqual({ relayPort: expect.toSatisfy((port) => port > 0) });
  });

  it('refuses credentials that have expired', async () => {
    expect(await allocate(relay.port, await served({ now: () => Date.now() - 120_000 }))).toEqual({ error: 401 });
  });

  it('refuses credentials made with another secret', async () => {
    expect(await allocate(relay.port, await served({ secret: 'south wind' }))).toEqual({ error: 401 });
  });

  it('refuses a longer life than was given', async () => {
    const { credential } = await served();
    const username = `${Math.floor(Date.now() / 1000) + 86_400}:_abc`;
    expect(await allocate(relay.port, { username, credential })).toEqual({ error: 401 });
  });
});
