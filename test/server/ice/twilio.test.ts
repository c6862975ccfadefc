import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { inspect, promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IceUnavailable } from '../../../src/server/ice/provider.ts';
import { type TwilioOptions, twilioProvider } from '../../../src/server/ice/twilio.ts';
import { explain } from '../../../src/server/ice/twilio-errors.ts';
import { accountSid, authToken, type Behaviour, failure, startTwilio } from './twilio-stand-in.ts';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

let twilio: Awaited<ReturnType<typeof startTwilio>>;
let time: number;

beforeEach(async () => {
  vi.stubEnv('HTTP_PROXY', ''); // The package would send even loopback requests through it.
  time = Date.UTC(2024, 0, 1);
  twilio = await startTwilio();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await twilio.close();
});

function provider(changes: Partial<TwilioOptions> = {}) {
  const { url: apiUrl, ca } = twilio;
  return twilioProvider({
    accountSid,
    authToken,
    ttlSeconds: 86_400,
    timeoutMs: 10_000,
    apiUrl,
    ca,
    now: () => time,
    ...changes,
  });
}

/** The sentence with which credentials are refused. */
async function refusal(asked: Promise<unknown>): Promise<string> {
  const error = await asked.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(IceUnavailable);
  // Whatever a logger may write of it.
  expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(secrets);
  return (error as IceUnavailable).message;
}

const secrets = new RegExp(`${authToken}|${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`);

describe('with a working account', () => {
  it('gives a seat one entry for each of the servers of Twilio, with the credentials', async () => {
    const relay = (url: string) => ({ urls: url, url, username: 'user-1', credential: 'password-1' });
    expect(await provider().servers('_a')).toStrictEqual([
      { urls: 'stun:global.stun.twilio.com:3478', url: 'stun:global.stun.twilio.com:3478' },
      relay('turn:global.turn.twilio.com:3478?transport=udp'),
      relay('turn:global.turn.twilio.com:3478?transport=tcp'),
      relay('turn:global.turn.twilio.com:443?transport=tcp'),
    ]);
  });

  it('asks for the life time of the settings', async () => {
    await provider({ ttlSeconds: 7200 }).servers('_a');
    expect(twilio.asked).toEqual([{ path: `/2010-04-01/Accounts/${accountSid}/Tokens.json`, ttl: '7200' }]);
  });

  it('keeps the path of a gateway', async () => {
    await provider({ apiUrl: `${twilio.url}/gateway/` }).servers('_a');
    expect(twilio.asked[0]?.path).toBe(`/gateway/2010-04-01/Accounts/${accountSid}/Tokens.json`);
  });

  it('makes one request for fifty who ask at once, and none for those who ask later', async () => {
    const ice = provider();
    const release = twilio.hold();
    const all = Array.from({ length: 50 }, (_, index) => ice.servers(`_${index}`));
    await twilio.requests(1);
    release();
    for (const servers of await Promise.all(all)) expect(servers[1]?.username).toBe('user-1');
    time += 22 * HOUR;
    await ice.servers('_late');
    expect(twilio.asked).toHaveLength(1);
  });

  it('renews an hour before the end, in the background', async () => {
    const ice = provider();
    await ice.servers('_a');
    time += 23 * HOUR;
    expect((await ice.servers('_b'))[1]?.username).toBe('user-1');
    await twilio.requests(2);
    await vi.waitFor(async () => expect((await ice.servers('_c'))[1]?.username).toBe('user-2'));
    expect(twilio.asked).toHaveLength(2);
  });

  it('renews a token of an hour when half of its life is over', async () => {
    const ice = provider({ ttlSeconds: 3600 });
    await ice.servers('_a');
    time += 1_799_000;
    await ice.servers('_b');
    expect(twilio.asked).toHaveLength(1);
    time += 1000;
    await ice.servers('_c');
    await twilio.requests(2);
  });

  it('gives nobody credentials that expire before a client asks anew, while it gets others', async () => {
    const ice = provider();
    await ice.servers('_a');
    time += DAY - HOUR / 2 + 1;
    expect((await ice.servers('_b'))[1]?.username).toBe('user-2');
  });

  it('never serves credentials that have expired', async () => {
    const ice = provider();
    await ice.servers('_a');
    time += DAY;
    expect((await ice.servers('_b'))[1]?.username).toBe('user-2');
  });

  it('serves what is still valid while a renewal fails', async () => {
    const ice = provider();
    await ice.servers('_a');
    twilio.behave({ status: 500, body: '' });
    time += 23 * HOUR;
    await ice.servers('_b');
    await twilio.requests(2);
    expect((await ice.servers('_c'))[1]?.username).toBe('user-1');
    time += HOUR;
    await vi.waitFor(async () => expect(await refusal(ice.servers('_d'))).toContain('Twilio is failing'));
  });
});

describe('STUN for anybody', () => {
  it('is that of Twilio unless others are set, and asks nobody', () => {
    expect(provider().stun()).toEqual([
      { urls: 'stun:global.stun.twilio.com:3478', url: 'stun:global.stun.twilio.com:3478' },
    ]);
    expect(provider({ stunUrls: ['stun:example.org'] }).stun()).toEqual([
      { urls: 'stun:example.org', url: 'stun:example.org' },
    ]);
    expect(twilio.asked).toHaveLength(0);
  });
});

describe('when Twilio refuses', () => {
  it('names the two settings after a wrong token', async () => {
    expect(await refusal(provider({ authToken: `${authToken}x` }).servers('_a'))).toBe(
      'Twilio refused the credentials: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.',
    );
  });

  it.each<[string, Behaviour, RegExp]>([
    ['a suspended account', { status: 401, body: failure(401, 20005, 'Account not active') }, /account is not active/],
    ['a closed account', { status: 403, body: failure(403, 20403, 'Forbidden') }, /account is not active/],
    ['a suspended account by text', { status: 401, body: failure(401, 20003, 'Account suspended') }, /is not active/],
    ['test credentials', { status: 403, body: failure(403, 20008, 'Test Credentials') }, /must be live ones/],
    ['a missing permission', { status: 403, body: failure(403, 70051, 'Denied') }, /forbids .*HTTP 403, code 70051/],
    ['an unknown account', { status: 404, body: failure(404, 20404, 'Not found') }, /check TWILIO_ACCOUNT_SID/],
    ['too many requests', { status: 429, body: failure(429, 20429, 'Slow down'), retryAfter: '1' }, /limits the rate/],
    [
      'a failure in JSON',
      { status: 500, body: failure(500, 20500, 'Internal error') },
      /failing.*HTTP 500, code 20500/,
    ],
    ['a failure of a proxy', { status: 503, body: '<html></html>' }, /failing.*HTTP 503 from/],
    ['a failure in the newer shape', { status: 500, body: problem(500, 20500) }, /failing.*HTTP 500, code 20500/],
    ['a malformed request', { status: 400, body: failure(400, 20001, 'Bad Ttl') }, /refused the request.*code 20001/],
    ['a redirection', { status: 302, body: '' }, /refused the request \(HTTP 302/],
    ['a page that is no answer', 'nonsense', /is not what Twilio answers/],
    ['an answer without servers', { status: 201, body: { ttl: '86400', ice_servers: [] } }, /holds no TURN servers/],
    ['STUN only', { status: 201, body: { ice_servers: [{ urls: 'stun:example.org' }] } }, /holds no TURN servers/],
  ])('says what is wrong: %s', async (_name, behaviour, sentence) => {
    twilio.behave(behaviour);
    expect(await refusal(provider().servers('_a'))).toMatch(sentence);
    expect(twilio.asked).toHaveLength(1);
  });

  it('does not ask with the SID of something else than an account', async () => {
    for (const accountSid of ['SK0123', 'AC/../x', '']) {
      expect(await refusal(provider({ accountSid }).servers('_a'))).toContain('TWILIO_ACCOUNT_SID');
    }
    expect(twilio.asked).toHaveLength(0);
  });

  it('repeats no text of the answer, which could hold anything', async () => {
    twilio.behave({ status: 500, body: failure(500, 20500, `No entry for ${authToken}`) });
    expect(await refusal(provider().servers('_a'))).toContain('Twilio is failing');
  });

  it('asks again only after five seconds, and recovers', async () => {
    const ice = provider();
    twilio.behave({ status: 500, body: '' });
    const sentence = await refusal(ice.servers('_a'));
    twilio.behave('normal');
    time += 4999;
    expect(await refusal(ice.servers('_b'))).toBe(sentence);
    expect(twilio.asked).toHaveLength(1);
    time += 1;
    expect((await ice.servers('_c'))[1]?.username).toBe('user-2');
  });
});

describe('when Twilio answers what browsers do not take', () => {
  const good = { urls: 'turn:relay.example:3478?transport=udp', username: 'u', credential: 'c' };
  const stun = { urls: 'stun:stun.example' };
  const token = (...servers: unknown[]) => ({ status: 201, body: { ttl: '86400', ice_servers: servers } });
  const wrong: [string, object][] = [
    ['must have nothing after the port', { urls: `stun:${authToken}?transport=udp` }],
    ['needs both username and credential', { urls: `turn:${authToken}` }],
    ['needs both username and credential', { urls: 'turn:a', username: 'u', credential: '' }],
    ['needs both username and credential', { urls: 'turn:a', username: 1, credential: 2 }],
    ['?transport=udp or ?transport=tcp', { ...good, urls: 'turn:a?transport=sctp' }],
    ['must be a host', { ...good, urls: 5 }],
  ];

  it.each(wrong)('leaves that out, and tells the operator: %s', async (problem, entry) => {
    twilio.behave(token(stun, entry, good));
    const told: string[] = [];
    const servers = await provider({ warn: (sentence) => told.push(sentence) }).servers('_a');
    expect(servers.map(({ url }) => url)).toEqual([stun.urls, good.urls]);
    expect(told).toEqual([expect.stringContaining(`address 2 `)]);
    expect(told[0]).toContain(problem);
    expect(told[0]).not.toMatch(secrets);
  });

  it.each(wrong)('gives nothing where no relay is left: %s', async (problem, entry) => {
    twilio.behave(token(stun, entry));
    const sentence = await refusal(provider().servers('_a'));
    expect(sentence).toContain('holds no TURN servers');
    expect(sentence).toContain(problem);
  });
});

describe('when Twilio cannot be reached', () => {
  it.each<Behaviour>(['hang', 'trickle'])('gives up after the time of the settings: %s', async (behaviour) => {
    twilio.behave(behaviour);
    expect(await refusal(provider({ timeoutMs: 200 }).servers('_a'))).toContain('did not answer within 200 ms');
  });

  it('says so when the connection is refused', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    const sentence = await refusal(provider({ apiUrl: `https://127.0.0.1:${port}` }).servers('_a'));
    expect(sentence).toBe(`The connection to Twilio was refused (127.0.0.1:${port}).`);
  });

  it('does not talk to a server whose certificate nobody vouches for', async () => {
    expect(await refusal(provider({ ca: undefined }).servers('_a'))).toContain('is not trusted');
    expect(twilio.asked).toHaveLength(0);
  });

  it.each([
    ['ENOTFOUND', 'check DNS for api.example'],
    ['EAI_AGAIN', 'check DNS for api.example'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'is not trusted'],
    ['CERT_HAS_EXPIRED', 'is not trusted'],
    ['ECONNRESET', 'failed (api.example, ECONNRESET)'],
  ])('has a sentence for %s', (code, sentence) => {
    const error = Object.assign(new Error(authToken), { code });
    expect(explain(error, { host: 'api.example', timeoutMs: 1 })).toContain(sentence);
  });
});

it('does not load the package of Twilio before somebody needs it', async () => {
  const script = `
    import { createRequire } from 'node:module';
    import { twilioProvider } from './src/server/ice/twilio.ts';
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('/twilio/lib/'));
    const ice = twilioProvider({ accountSid: 'AC1', authToken: 'x', ttlSeconds: 60, timeoutMs: 1000, apiUrl: 'https://127.0.0.1:1', now: () => 0 });
    ice.stun();
    const before = loaded();
    await ice.servers('_a').catch(() => {});
    console.log(before, loaded());
  `;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type', 'module', '--eval', script],
    { cwd: fileURLToPath(new URL('../../..', import.meta.url)) },
  );
  expect(stdout.trim()).toBe('false true');
});

/** The shape of errors that newer services of Twilio answer with (RFC 9457). */
function problem(status: number, code: number) {
  return { type: `https://www.twilio.com/docs/api/errors/${code}`, title: 'Internal error', status, code };
}
