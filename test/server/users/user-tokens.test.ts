import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { UserTokensConfig } from '../../../src/server/config/users.ts';
import { userTokens } from '../../../src/server/users/user-tokens.ts';
import { hostKey, startKeyServer } from './key-server.ts';

const secret = 'Kq7mBz2XsVy5Dp9RtLw4NcJf8GhEa3UoYi6TbQnS';
const audience = 'mesh-workspaces';
const issuer = 'https://login.example.com';

/** The time of all tests, seconds since the epoch. */
const NOW = 1_900_000_000;

const right: JWTPayload = { sub: 'u-1', name: 'Ada Lovelace', aud: audience, iss: issuer, exp: NOW + 600 };

type Verified = Awaited<ReturnType<Awaited<ReturnType<typeof userTokens>>>>;

async function verifier(config: Partial<UserTokensConfig> = {}, lines: string[] = []) {
  return userTokens({
    config: { keys: { secret }, issuer: null, audience, ...config },
    limits: { name: 100, avatar: 200 },
    now: () => NOW * 1000,
    times: { timeoutMs: 1000, cooldownMs: 150, cachedMs: 60_000 },
    log: pino({ level: 'trace' }, { write: (line) => lines.push(line) }),
  });
}

const sign = (claims: object, by = secret, header: Record<string, unknown> = {}) =>
  new SignJWT(claims as JWTPayload).setProtectedHeader({ alg: 'HS256', ...header }).sign(new TextEncoder().encode(by));

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The code and the sentence that refuse a token; null where it is good. */
function refusalOf(verified: Verified): { code: string; sentence: string } | null {
  return 'refused' in verified ? { code: verified.refused, sentence: verified.message ?? '' } : null;
}

const without = (claim: string) => Object.fromEntries(Object.entries(right).filter(([name]) => name !== claim));

describe('a user token signed with the secret of the host system', () => {
  it('says who the user is', async () => {
    const verify = await verifier();
    expect(await verify(await sign(right))).toEqual({
      user: {
        id: 'u-1',
        name: 'Ada Lovelace',
        avatar: null,
        workspace: null,
        role: 'attendee',
        consultation: null,
        skipsWaiting: false,
        record: null,
      },
      expiresAt: (NOW + 600) * 1000,
    });
  });

  it('says what the host system wants for the user, in the claim mesh, and more that nobody here reads', async () => {
    const verify = await verifier();
    const mesh = {
      workspace: 'room-7',
      role: 'owner',
      consultation: 'c-1',
      admission: 'bypass',
      record: false,
      more: 1,
    };
    expect(await verify(await sign({ ...right, email: 'ada@example.com', mesh }))).toMatchObject({
      user: { workspace: 'room-7', role: 'owner', consultation: 'c-1', skipsWaiting: true, record: false },
    });
  });

  it.each([
    ['https://example.com/ada.png', true],
    ['http://example.com/ada.png', true],
    ['data:image/png;base64,AAAA', true],
    ['data:text/html,x', false],
    ['javascript:alert(1)', false],
    ['ada.png', false],
    ['https://', false],
    [`https://example.com/${'a'.repeat(200)}`, false],
    [42, false],
    [null, false],
  ])('may have the picture %s: %s; a bad one is left out', async (picture, isGood) => {
    const verify = await verifier();
    expect(await verify(await sign({ ...right, picture }))).toMatchObject({
      user: { avatar: isGood ? picture : null },
    });
  });

  it('has a name that is cleaned as all names are', async () => {
    const verify = await verifier();
    expect(await verify(await sign({ ...right, name: " <b>Zoë\u0007 O'Brien</b>\u202e " }))).toMatchObject({
      user: { name: "bZoë O'Brien/b" },
    });
  });

  it.each([
    ['sub', ['', 'x'.repeat(256), 'a\u0000b', 'a\nb', '\u0085', '\ud800', 5, null, ['u-1']]],
    ['name', ['', ' ', '<>', 'x'.repeat(101), 5, null]],
    ['exp', ['soon', null, '1900000600', 1e300]],
    ['aud', ['other', ['other'], '', null, 5, 'mesh-workspaces2']],
    ['nbf', [NOW + 62, 'soon', null]],
    ['mesh', ['owner', 5, [], null]],
    ['mesh.role', [{ role: 'admin' }, { role: 5 }]],
    ['mesh.workspace', [{ workspace: '' }, { workspace: 5 }, { workspace: 'x'.repeat(256) }]],
    ['mesh.consultation', [{ consultation: {} }]],
    ['mesh.admission', [{ admission: 'ask' }]],
    ['mesh.record', [{ record: 'yes' }]],
  ])('is refused for a wrong claim %s with a sentence that names it and repeats nothing', async (claim, values) => {
    const verify = await verifier();
    const [name = ''] = claim.split('.');
    for (const value of values) {
      const refusal = refusalOf(await verify(await sign({ ...right, [name]: value })));
      expect(refusal?.code, JSON.stringify(value)).toBe('INVALID_TOKEN');
      expect(refusal?.sentence).toContain(`claim ${claim}`);
      expect(refusal?.sentence).toMatch(/^The user token .*\. Get a new one where you signed in\.$/);
    }
  });

  it.each(['sub', 'name', 'exp', 'aud'])('is refused without the claim %s', async (claim) => {
    const verify = await verifier();
    expect(refusalOf(await verify(await sign(without(claim))))).toEqual({
      code: 'INVALID_TOKEN',
      sentence: expect.stringContaining(`lacks the claim ${claim}`),
    });
  });

  it('may have an id of 255 characters of any alphabet, and several audiences', async () => {
    const verify = await verifier();
    const sub = '李'.repeat(100) + '😀'.repeat(155);
    expect(await verify(await sign({ ...right, sub, aud: ['other', audience] }))).toMatchObject({ user: { id: sub } });
    expect(refusalOf(await verify(await sign({ ...right, sub: `${sub}x` })))?.code).toBe('INVALID_TOKEN');
  });

  it('may say its time with fractions of a second (RFC 7519, section 2)', async () => {
    const verify = await verifier();
    const exp = NOW + 300.123_456_7;
    expect(await verify(await sign({ ...right, exp }))).toMatchObject({ expiresAt: (NOW + 300) * 1000 + 123 });
  });

  it('must name the issuer where the server asks for one, and may name any otherwise', async () => {
    const strict = await verifier({ issuer });
    expect(refusalOf(await strict(await sign(right)))).toBeNull();
    expect(refusalOf(await strict(await sign({ ...right, iss: 'https://evil.example' })))?.sentence).toContain('iss');
    expect(refusalOf(await strict(await sign(without('iss'))))?.sentence).toContain('iss');
    const free = await verifier();
    expect(refusalOf(await free(await sign(without('iss'))))).toBeNull();
    expect(refusalOf(await free(await sign({ ...right, iss: 'https://evil.example' })))).toBeNull();
  });

  it.each([
    [{ exp: NOW - 59 }, null],
    [{ exp: NOW - 60 }, 'TOKEN_EXPIRED'],
    [{ exp: NOW - 3600 }, 'TOKEN_EXPIRED'],
    [{ nbf: NOW + 60 }, null],
    [{ nbf: NOW + 61 }, 'INVALID_TOKEN'],
    [{ iat: NOW + 3600 }, null],
  ])('is looked at with a minute of leeway: %o is answered %s', async (times, code) => {
    const verify = await verifier();
    const refusal = refusalOf(await verify(await sign({ ...right, ...times })));
    expect(refusal?.code ?? null).toBe(code);
    if (code === 'TOKEN_EXPIRED') expect(refusal?.sentence).toMatch(/expired/);
  });

  it('is refused in every form that the secret did not sign', async () => {
    const verify = await verifier();
    const good = await sign(right);
    const [header = '', claims = '', signature = ''] = good.split('.');
    const forged: Record<string, string> = {
      'of another secret': await sign(right, 'another-secret-another-secret-another-secret'),
      'of the algorithm none': `${encoded({ alg: 'none' })}.${claims}.`,
      'of the algorithm none, with a signature': `${encoded({ alg: 'none' })}.${claims}.${signature}`,
      'of HS512': await sign(right, secret, { alg: 'HS512' }),
      'with a header that says RS256': `${encoded({ alg: 'RS256' })}.${claims}.${signature}`,
      'with a header without an algorithm': `${encoded({})}.${claims}.${signature}`,
      'with an extension that nobody knows': await sign(right, secret).then(
        () => `${encoded({ alg: 'HS256', crit: ['x'], x: 1 })}.${claims}.${signature}`,
      ),
      'with other claims': `${header}.${encoded({ ...right, sub: 'u-2' })}.${signature}`,
      'without a signature': `${header}.${claims}.`,
      'of two parts': `${header}.${claims}`,
      'of four parts': `${good}.${signature}`,
      'of five parts, as encrypted ones have': `${good}.${signature}.${signature}`,
      'with white space': ` ${good}`,
      empty: '',
      garbage: 'not.a.token',
      'of a megabyte': 'x'.repeat(1_000_000),
      'of a megabyte of claims': await sign({ ...right, more: 'x'.repeat(1_000_000) }, 'another-secret'),
    };
    for (const [kind, token] of Object.entries(forged)) {
      const refusal = refusalOf(await verify(token));
      expect(refusal?.code, kind).toBe('INVALID_TOKEN');
      expect(refusal?.sentence, kind).toMatch(/^The user token /);
    }
  });

  it('is refused with one changed character at any place', async () => {
    const verify = await verifier();
    const good = await sign(right);
    for (let at = 0; at < good.length - 1; at += 1) {
      const changed = good.slice(0, at) + String.fromCharCode(good.charCodeAt(at) ^ 1) + good.slice(at + 1);
      expect(refusalOf(await verify(changed))?.code, `at ${at}`).toBe('INVALID_TOKEN');
    }
  });
});

describe('a user token signed with a key of the host system', () => {
  it.each(['RS256', 'ES256', 'EdDSA'])('is good where its algorithm is %s', async (alg) => {
    const key = await hostKey(alg);
    const { url } = await startKeyServer(await hostKey('ES256', 'another'), key);
    const verify = await verifier({ keys: { jwksUrl: url }, issuer });
    expect(await verify(await key.sign(right))).toMatchObject({ user: { id: 'u-1' } });
    const stranger = await hostKey(alg);
    expect(refusalOf(await verify(await stranger.sign(right)))).toEqual({
      code: 'INVALID_TOKEN',
      sentence: expect.stringContaining('signature'),
    });
  });

  it.each(['PS256', 'RS512', 'ES384'])('is refused where its algorithm is %s, though the key is known', async (alg) => {
    const key = await hostKey(alg);
    const { url } = await startKeyServer(key);
    const verify = await verifier({ keys: { jwksUrl: url }, issuer });
    expect(refusalOf(await verify(await key.sign(right)))?.code).toBe('INVALID_TOKEN');
  });

  it('is refused where the public key was taken for a secret, or the key comes with the token', async () => {
    const key = await hostKey('RS256');
    const { url } = await startKeyServer(key);
    const verify = await verifier({ keys: { jwksUrl: url }, issuer });
    const publicKey = createPublicKey({ key: key.jwk as import('node:crypto').JsonWebKey, format: 'jwk' });
    const texts = [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'pkcs1', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(key.jwk),
      String(key.jwk.n),
      '',
    ];
    for (const text of texts) {
      const unsigned = `${encoded({ alg: 'HS256', kid: key.jwk.kid })}.${encoded(right)}`;
      const token = `${unsigned}.${createHmac('sha256', text).update(unsigned).digest('base64url')}`;
      expect(refusalOf(await verify(token))?.code).toBe('INVALID_TOKEN');
    }
    const own = await hostKey('RS256');
    const { url: elsewhere, ...other } = await startKeyServer(own);
    for (const header of [{ jwk: own.jwk }, { jku: elsewhere }, { jku: elsewhere, jwk: own.jwk, x5u: elsewhere }]) {
      expect(refusalOf(await verify(await own.sign(right, header)))?.code).toBe('INVALID_TOKEN');
    }
    expect(other.asked).toBe(0);
    const none = `${encoded({ alg: 'none', kid: key.jwk.kid })}.${encoded(right)}.`;
    expect(refusalOf(await verify(none))?.code).toBe('INVALID_TOKEN');
  });

  it('is refused where it names a key by a path, a query or a number', async () => {
    const key = await hostKey('ES256');
    const server = await startKeyServer(key);
    const verify = await verifier({ keys: { jwksUrl: server.url }, issuer });
    await verify(await key.sign(right));
    const kids = ['../../../dev/null', '/etc/passwd', "x' OR '1'='1", `${server.url}?x`, 5, null, '__proto__'];
    const refusals = kids.map(async (kid) => refusalOf(await verify(await key.sign(right, { kid }))));
    for (const refusal of await Promise.all(refusals)) expect(refusal?.code).toBe('INVALID_TOKEN');
    // All those together had the keys read once more.
    expect(server.asked).toBeLessThanOrEqual(3);
  });

  it('needs no name of its key, however many there are', async () => {
    const keys = [await hostKey('ES256', null), await hostKey('ES256', null), await hostKey('RS256', null)];
    const { url } = await startKeyServer(...keys);
    const verify = await verifier({ keys: { jwksUrl: url }, issuer });
    for (const key of keys) expect(await verify(await key.sign(right))).toMatchObject({ user: { id: 'u-1' } });
    const stranger = await hostKey('ES256', null);
    expect(refusalOf(await verify(await stranger.sign(right)))?.sentence).toContain('signature');
    const expired = await keys[1]?.sign({ ...right, exp: NOW - 600 });
    expect(refusalOf(await verify(expired ?? ''))?.code).toBe('TOKEN_EXPIRED');
  });

  it('of the next key is good as soon as the host system uses it, and of the former one no longer', async () => {
    const former = await hostKey('RS256', 'monday');
    const next = await hostKey('ES256', 'tuesday');
    const server = await startKeyServer(former);
    const verify = await verifier({ keys: { jwksUrl: server.url }, issuer });
    expect(refusalOf(await verify(await former.sign(right)))).toBeNull();
    server.serve(next);
    expect(refusalOf(await verify(await next.sign(right)))).toBeNull();
    expect(server.asked).toBe(2);
    expect(refusalOf(await verify(await former.sign(right)))?.sentence).toContain(
      'a key that this server does not know',
    );
  });

  it('has the keys read once for a crowd', async () => {
    const key = await hostKey('ES256');
    const server = await startKeyServer(key);
    const verify = await verifier({ keys: { jwksUrl: server.url }, issuer });
    const token = await key.sign(right);
    const verified = await Promise.all(Array.from({ length: 50 }, () => verify(token)));
    expect(verified.map(refusalOf)).toEqual(Array(50).fill(null));
    expect(server.asked).toBe(1);
  });

  it.each<[string, Parameters<Awaited<ReturnType<typeof startKeyServer>>['answer']>[0]]>([
    ['answers 500', (response) => response.writeHead(500).end()],
    ['answers garbage', (response) => response.end('<html>')],
    ['answers something else', (response) => response.end('{"keys": 5}')],
    ['leads elsewhere', (response) => response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end()],
    ['hangs up', (response) => response.destroy()],
    ['does not answer in time', () => {}],
    ['answers too much', (response) => response.end(`{"keys": [${'{},'.repeat(400_000)}{}]}`)],
  ])('has to wait while the host system %s, and is good again afterwards', async (_, answer) => {
    const key = await hostKey('ES256');
    const server = await startKeyServer(key);
    server.answer(answer);
    const lines: string[] = [];
    const verify = await verifier({ keys: { jwksUrl: server.url }, issuer }, lines);
    const token = await key.sign(right);
    const refused = await verify(token);
    expect(refused).toMatchObject({ refused: 'BUSY_TRY_AGAIN', details: { retryAfter: 5 } });
    expect(refusalOf(refused)?.sentence).toContain('does not answer');
    expect(lines.join()).toContain('The keys of user tokens cannot be used.');
    expect(lines.join()).not.toContain(token.slice(0, 20));
    // Others do not wait for the host system meanwhile, and it is not asked again at once.
    const { asked } = server;
    expect(refusalOf(await verify(token))?.code).toBe('BUSY_TRY_AGAIN');
    expect(server.asked).toBe(asked);

    server.serve(key);
    await expect.poll(async () => refusalOf(await verify(token)), { interval: 100, timeout: 5000 }).toBeNull();
  });

  it('is good while the host system is away, as long as its keys are known; a new key has to wait', async () => {
    const key = await hostKey('ES256', 'known');
    const server = await startKeyServer(key);
    const verify = await verifier({ keys: { jwksUrl: server.url }, issuer });
    expect(refusalOf(await verify(await key.sign(right)))).toBeNull();
    await server.stop();
    const next = await hostKey('ES256', 'next');
    expect(refusalOf(await verify(await next.sign(right)))?.code).toBe('BUSY_TRY_AGAIN');
    expect(refusalOf(await verify(await key.sign(right)))).toBeNull();
  });

  it('is refused where the key set holds a secret, or a key that is too short', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'short' } as import('jose').JWK;
    const oct = { kty: 'oct', k: Buffer.from(secret).toString('base64url'), kid: 'oct', alg: 'HS256' };
    const { url } = await startKeyServer({ jwk, sign: async () => '' }, { jwk: oct, sign: async () => '' });
    const verify = await verifier({ keys: { jwksUrl: url }, issuer });
    expect(refusalOf(await verify(await sign(right, secret, { kid: 'oct' })))?.code).toBe('INVALID_TOKEN');
    const { createSign } = await import('node:crypto');
    const unsigned = `${encoded({ alg: 'RS256', kid: 'short' })}.${encoded(right)}`;
    const signature = createSign('sha256').update(unsigned).sign(privateKey, 'base64url');
    expect(refusalOf(await verify(`${unsigned}.${signature}`))?.code).toMatch(/INVALID_TOKEN|BUSY_TRY_AGAIN/);
  });
});
