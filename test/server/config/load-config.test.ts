import { readFileSync } from 'node:fs';
import path from 'node:path';
import dotenv from 'dotenv';
import { afterEach, describe, expect, it, vi } from 'vitest';
import fileSettings from '../../../config.ts';
import { ConfigError } from '../../../src/server/config/environment.ts';
import { iceProviders } from '../../../src/server/config/ice.ts';
import { loadConfig } from '../../../src/server/config/load-config.ts';
import { variableOf } from '../../../src/server/config/settings.ts';
import { refusedIceUrls, takenIceUrls } from '../../support/ice-urls.ts';

type Environment = Record<string, string>;

const sample = dotenv.parse(readFileSync(new URL('../../../.env.sample', import.meta.url)));

const magickToken = 'Yb3vTq8LrW0eKx5ZuN2hJd7cPfGsAm1oRi6VtQzB';
const saltString = 'Hn4wSj9MkX1fLy6AvP3iKe8dQgHtBn2pSj7WuRaC';
const userTokenSecret = 'Kq7mBz2XsVy5Dp9RtLw4NcJf8GhEa3UoYi6TbQnS';
const webhookSecret = `whsec_${Buffer.alloc(32, 'mesh').toString('base64')}`;
/** The least environment for a server that serves others. */
const production: Environment = {
  DEVELOPMENT: 'false',
  MAGICK_TOKEN: magickToken,
  SALT_STRING: saltString,
  CORS_ORIGINS: 'https://meet.example.com',
};

/** The sentence with which a configuration is refused. */
function refusal(env: Environment): string {
  try {
    loadConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as ConfigError;
    expect(message).toMatch(/^\S.*[.)]$|openssl rand -base64 48$|https:\/\/meet\.example\.com$/);
    expect(message).not.toContain('\n');
    return message;
  }
  throw new Error('it was not refused');
}

/** The settings of config.ts that are no groups, with the names above them. */
function leavesOf(settings: object, above: string[] = []): { names: string[]; value: string | number | boolean }[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    typeof value === 'object' ? leavesOf(value, [...above, name]) : [{ names: [...above, name], value }],
  );
}
const leaves = leavesOf(fileSettings).map(({ names, value }) => ({ names, value, variable: variableOf(...names) }));
const numbers = leaves.filter(({ value }) => typeof value === 'number');

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('Without any environment', () => {
  it('it is DEVELOPMENT, for this machine only, in memory, with the settings of config.ts', () => {
    expect(loadConfig({})).toEqual({
      settings: fileSettings,
      development: true,
      port: 9090,
      host: '127.0.0.1',
      https: null,
      secrets: { magickToken: null, saltString: null },
      store: { kind: 'memory' },
      users: { kind: 'open', heldMinutes: 10 },
      records: { kind: 'sqlite', file: null },
      chatRecords: { kind: 'sqlite', file: null },
      recordingsDirectory: null,
      ice: { provider: 'google', stunUrls: [] },
      webhooks: { urls: [], secrets: [] },
      corsOrigins: null,
      embedOrigins: [],
      trustProxy: [],
      apiKeys: [],
      publicUrl: null,
      logLevel: 'info',
      metrics: null,
      warnings: [],
    });
  });

  it('the process has no say either, and neither has the call before', () => {
    vi.stubEnv('PORT', '1');
    vi.stubEnv('MAX_CAPACITY_OF_WORKSPACE', '2');
    const first = loadConfig({});
    expect(first).toMatchObject({ port: 9090, settings: { max_capacity_of_workspace: 5 } });
    first.settings.https.key = 'changed';
    first.warnings.push('changed');
    expect(loadConfig({})).toMatchObject({ settings: { https: { key: '' } }, warnings: [] });
  });

  it('nothing that is given is changed', () => {
    const env = Object.freeze({ ...production, STUN_URLS: 'stun:a.example, stun:b.example' });
    expect(loadConfig(env)).toEqual(loadConfig({ ...env }));
  });
});

describe('What the environment says', () => {
  it.each(leaves)('in $variable wins over config.ts', ({ names, value, variable }) => {
    const others: Partial<Record<string, string>> = {
      CALL_CONTROL: 'participants',
      BASE_PATH: '/calls/',
      RELAY_PATH: 'ordinary',
      USERS: 'open',
      CALL_WARNING_SECONDS: '120.5, 30',
      ICE_CANDIDATE_FILTER: 'mdns, 10.8.0.0/16',
    };
    const text = others[variable] ?? `${value}x`;
    const other = typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : text;
    const expected = structuredClone<object>(fileSettings) as Record<string, unknown>;
    const [last = '', ...groups] = [...names].reverse();
    const group = groups.reverse().reduce((outer, name) => outer[name] as typeof outer, expected);
    group[last] = other;
    expect(loadConfig({ [variable]: String(other) }).settings).toEqual(expected);
  });

  it('has a name for each setting that no other one has', () => {
    const names = [...leaves.map(({ variable }) => variable), ...Object.keys(sample)];
    expect(new Set(names).size).toBe(names.length);
    expect(leaves.map(({ variable }) => variable)).toEqual(
      expect.arrayContaining(['MAX_CAPACITY_OF_WORKSPACE', 'CALL_CONTROL', 'HTTPS_KEY', 'TOKEN_DELIMITER']),
    );
  });

  it.each(numbers)('in $variable must be a number within its limits', ({ variable }) => {
    for (const wrong of ['many', '-1', '1e99', '1,5', 'NaN', 'Infinity']) {
      const sentence = refusal({ [variable]: wrong });
      expect(sentence).toContain(variable);
      expect(sentence).toContain(`'${wrong}'`);
      expect(sentence).toMatch(/must be/);
    }
  });

  it.each(leaves.filter(({ value }) => typeof value === 'boolean'))('in $variable is true or false', ({ variable }) => {
    for (const wrong of ['yes', '1', 'TRUE']) {
      expect(refusal({ [variable]: wrong })).toContain(`must be true or false. It is '${wrong}'.`);
    }
  });

  it.each(numbers)('in $variable, when it is out of range, is told from where to where that goes', ({ variable }) => {
    const [, least, most] = / must be from (\S+) to (\S+)\. It is '-1'\./.exec(refusal({ [variable]: '-1' })) ?? [];
    expect(most).toBeDefined();
    for (const right of [least, most]) expect(() => loadConfig({ [variable]: right })).not.toThrow();
    for (const wrong of [Number(least) - 1e-6, Number(most) + 1]) refusal({ [variable]: String(wrong) });
  });

  it.each(numbers)('in $variable, when it is empty, leaves the number of config.ts', ({ variable }) => {
    expect(loadConfig({ [variable]: ' ' }).settings).toEqual(fileSettings);
  });

  it('must be whole where a part makes no sense', () => {
    expect(refusal({ MAX_CAPACITY_OF_WORKSPACE: '2.5' })).toMatch(/MAX_CAPACITY_OF_WORKSPACE.*whole number/);
  });

  it.each([
    ['CALL_CONTROL', 'everybody', 'owner, participants'],
    ['LOG_LEVEL', 'loud', 'trace'],
    ['ICE_CANDIDATE_FILTER', 'mdns, wlan0', "'wlan0' is neither one of mdns, link-local, ipv6 nor a network"],
    ['ICE_CANDIDATE_FILTER', '10.8.0.0/33', '10.8.0.0/16'],
    ['ICE_CANDIDATE_FILTER', '10.8/16', '10.8.0.0/16'],
    ['ICE_PROVIDER', 'carrier-pigeon', 'google, twilio, coturn or static'],
    ['USERS', 'everybody', 'open, tokens'],
    ['DEVELOPMENT', 'maybe', 'true or false'],
    ['ENABLE_HTTPS', 'maybe', 'true or false'],
    ['PORT', '70000', '65535'],
    ['PORT', '80.5', '65535'],
    ['PORT', 'http', '65535'],
    ['METRICS_PORT', '70000', '65535'],
    ['METRICS_PORT', 'yes', '65535'],
  ])('in %s cannot be %s, and a sentence says what it can be', (variable, wrong, allowed) => {
    const sentence = refusal({ [variable]: wrong });
    expect(sentence).toContain(variable);
    expect(sentence).toContain(wrong);
    expect(sentence).toContain(allowed);
  });

  it.each([
    ['true', true],
    ['1', true],
    ['Yes', true],
    ['', true],
    ['false', false],
    ['0', false],
    ['NO', false],
  ])("in DEVELOPMENT can be '%s'", (text, development) => {
    expect(loadConfig({ ...production, DEVELOPMENT: text }).development).toBe(development);
  });
});

describe('With DEVELOPMENT=false', () => {
  it('it serves every address, with good secrets and explicit origins', () => {
    expect(loadConfig({ ...production, CORS_ORIGINS: 'https://a.example, http://b.example:8080/' })).toMatchObject({
      development: false,
      host: null,
      secrets: { magickToken, saltString },
      corsOrigins: ['https://a.example', 'http://b.example:8080'],
    });
  });

  it.each(['MAGICK_TOKEN', 'SALT_STRING'])('it refuses %s that is missing, weak or a sample', (variable) => {
    const { [variable]: _, ...without } = production;
    expect(refusal(without)).toMatch(new RegExp(`^${variable} is missing`));
    const weak = {
      empty: '',
      blank: '   ',
      short: 'Yb3vTq8LrW0eKx5ZuN2hJd7cPfGsAm1',
      pattern: 'abcabcabcabcabcabcabcabcabcabcabcabcabc',
      sample: String(sample[variable]),
      variation: `CHANGE-ME-${magickToken}`,
    };
    for (const secret of Object.values(weak)) {
      expect(refusal({ ...production, [variable]: secret })).toMatch(new RegExp(`^${variable} is `));
    }
  });

  it('it refuses one secret for both', () => {
    expect(refusal({ ...production, SALT_STRING: magickToken })).toMatch(/MAGICK_TOKEN and SALT_STRING are the same/);
  });

  it('it refuses missing origins, and what is no exact origin', () => {
    expect(refusal({ ...production, CORS_ORIGINS: '' })).toMatch(/^CORS_ORIGINS is missing/);
    for (const wrong of ['*', 'meet.example.com', 'https://meet.example.com/room', 'https://*.example.com', 'null']) {
      const sentence = refusal({ ...production, CORS_ORIGINS: `https://fine.example, ${wrong}` });
      expect(sentence).toMatch(/^CORS_ORIGINS must hold exact origins/);
      expect(sentence).toContain(`'${wrong}'`);
    }
  });

  it.each([
    ['capacitor://localhost', 'capacitor://localhost'],
    ['ionic://localhost', 'ionic://localhost'],
    ['tauri://localhost/', 'tauri://localhost'],
    ['app://.', 'app://.'],
    ['app://bundle:80', 'app://bundle:80'],
    ['chrome-extension://abcdefghijklmnopabcdefghijklmnop', 'chrome-extension://abcdefghijklmnopabcdefghijklmnop'],
    ['moz-extension://2C127FA4-62C7-7E4F-90E5-472B45EECFDC', 'moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc'],
    ['Capacitor://LocalHost', 'capacitor://localhost'],
    ['HTTPS://Meet.Example.COM:443/', 'https://meet.example.com'],
    ['http://meet.example.com:80', 'http://meet.example.com'],
    ['http://meet.example.com:443', 'http://meet.example.com:443'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['https://BÜCHER.example:8443', 'https://xn--bcher-kva.example:8443'],
    ['https://[2001:DB8::1]:8443', 'https://[2001:db8::1]:8443'],
  ])('it takes %s, which browsers send as %s', (given, origin) => {
    const { corsOrigins, warnings } = loadConfig({ ...production, CORS_ORIGINS: given });
    expect(corsOrigins).toEqual([origin]);
    expect(warnings.filter((warning) => warning.includes('CORS_ORIGINS'))).toEqual([]);
  });

  it.each(['file://', 'file:///'])('it takes %s, and warns that this is any local file', (given) => {
    const { corsOrigins, warnings } = loadConfig({ ...production, CORS_ORIGINS: given });
    expect(corsOrigins).toEqual(['file://']);
    expect(warnings).toContainEqual(expect.stringContaining('any local file'));
  });

  it.each([
    ['null', 'every page in a sandbox'],
    ['wss://meet.example.com', "take the page's own, https://"],
    ['ws://meet.example.com', "take the page's own, http://"],
    ['file:///home/ada/index.html', 'exact'],
    ['data://x', 'no page has such an origin'],
    ['chrome-extension://*', 'exact'],
    ['capacitor://', 'exact'],
    ['capacitor:localhost', 'exact'],
    ['localhost:3000', 'exact'],
    ['https:meet.example.com', 'exact'],
    ['https://meet.example.com//', 'exact'],
    ['https://user@meet.example.com', 'exact'],
    ['https://meet.example.com:99999', 'exact'],
    ['https://meet.example.com?x', 'exact'],
    ['capacitor://localhost/app', 'exact'],
  ])('it refuses %s, and the sentence says: %s', (given, problem) => {
    const sentence = refusal({ ...production, CORS_ORIGINS: `https://fine.example,${given}` });
    expect(sentence).toContain(`'${given}'`);
    expect(sentence).toContain(problem);
  });

  it.each([
    ['https://www.example.com', 'https://www.example.com'],
    ['HTTPS://WWW.Example.COM:443/', 'https://www.example.com'],
    ['http://localhost:5173', 'http://localhost:5173'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ])('pages of %s may hold the page in a frame, where EMBED_ORIGINS names them', (given, origin) => {
    expect(loadConfig({ ...production, EMBED_ORIGINS: `${given}, ${given}` }).embedOrigins).toEqual([origin]);
  });

  it.each([
    '*',
    'null',
    "'self'",
    'https:',
    'www.example.com',
    'https://*.example.com',
    'https://www.example.com/page',
    'https://www.example.com//',
    'https://www.example.com?x',
    'https://user@www.example.com',
    'https://www.example.com:99999',
    'https://[::1]:8443',
    "https://a.example; script-src 'unsafe-inline'",
    'https://a.example;script-src',
    'file://',
    'capacitor://localhost',
    'javascript:alert(1)',
  ])('it refuses %s in EMBED_ORIGINS, which is no exact origin of a page', (given) => {
    const sentence = refusal({ ...production, EMBED_ORIGINS: `https://fine.example,${given}` });
    expect(sentence).toMatch(/^EMBED_ORIGINS must hold exact origins/);
    expect(sentence).toContain(`'${given}'`);
  });

  it('it refuses .env.sample as it is, which works for DEVELOPMENT', () => {
    expect(loadConfig(sample)).toMatchObject({ development: true, port: 9090 });
    const served = { ...sample, DEVELOPMENT: 'false', CORS_ORIGINS: 'https://meet.example.com' };
    expect(refusal(served)).toMatch(/^MAGICK_TOKEN is a sample value/);
    expect(refusal({ ...served, MAGICK_TOKEN: magickToken })).toMatch(/^SALT_STRING is a sample value/);
  });

  it('it warns when there is STUN only', () => {
    expect(loadConfig(production).warnings).toEqual([expect.stringContaining('ICE_PROVIDER')]);
  });
});

it('In DEVELOPMENT weak secrets are a warning', () => {
  const { secrets, warnings } = loadConfig({ MAGICK_TOKEN: 'weak', SALT_STRING: 'weaker' });
  expect(secrets).toEqual({ magickToken: 'weak', saltString: 'weaker' });
  expect(warnings).toEqual([expect.stringMatching(/^MAGICK_TOKEN is too short/)]);
});

describe('ICE servers', () => {
  const twilio = { TWILIO_ACCOUNT_SID: 'ACsid', TWILIO_AUTH_TOKEN: 'auth' };

  it('that live for a shorter time than browsers keep them are a warning', () => {
    const warningsFor = (seconds: string) =>
      loadConfig({ ICE_PROVIDER: 'twilio', ...twilio, TURN_CREDENTIAL_SECONDS: seconds }).warnings;
    expect(warningsFor('3600')).toEqual([]);
    expect(warningsFor('3599')).toEqual([expect.stringContaining('Set TURN_CREDENTIAL_SECONDS to 3600 or more')]);
  });

  it('come from the provider that is named, with what it needs', () => {
    const stun = { STUN_URLS: 'stun:stun.example:3478,stuns:stun.example' };
    const stunUrls = ['stun:stun.example:3478', 'stuns:stun.example'];
    expect(loadConfig({ ICE_PROVIDER: 'Google' }).ice).toEqual({ provider: 'google', stunUrls: [] });
    expect(loadConfig({ ICE_PROVIDER: 'twilio', ...twilio, ...stun }).ice).toEqual({
      provider: 'twilio',
      accountSid: 'ACsid',
      authToken: 'auth',
      apiUrl: 'https://api.twilio.com',
      stunUrls,
    });
    const coturn = {
      ICE_PROVIDER: 'coturn',
      COTURN_URLS: 'turn:turn.example:3478?transport=udp, turns:turn.example:5349',
      COTURN_SECRET: 'shared',
    };
    expect(loadConfig({ ...coturn, ...stun }).ice).toEqual({
      provider: 'coturn',
      urls: ['turn:turn.example:3478?transport=udp', 'turns:turn.example:5349'],
      secret: 'shared',
      stunUrls,
    });
    const servers = [
      { urls: ['turn:a.example', 'turn:b.example'], username: 'u', credential: 'c' },
      { urls: 'stun:c' },
    ];
    expect(loadConfig({ ICE_PROVIDER: 'static', ICE_SERVERS: JSON.stringify(servers) }).ice).toEqual({
      provider: 'static',
      servers,
      stunUrls: [],
    });
  });

  it('come from Twilio by themselves when its account is set and others are served', () => {
    expect(loadConfig({ ...production, ...twilio }).ice.provider).toBe('twilio');
    expect(loadConfig(twilio).ice.provider).toBe('google');
    expect(loadConfig({ ...production, ...twilio, ICE_PROVIDER: 'google' }).ice.provider).toBe('google');
  });

  it.each([
    [{ ICE_PROVIDER: 'twilio', TWILIO_AUTH_TOKEN: 'auth' }, 'TWILIO_ACCOUNT_SID is missing'],
    [{ ICE_PROVIDER: 'twilio', TWILIO_ACCOUNT_SID: 'ACsid' }, 'TWILIO_AUTH_TOKEN is missing'],
    [{ ICE_PROVIDER: 'twilio', ...twilio, TWILIO_ACCOUNT_SID: 'SKkey' }, 'TWILIO_ACCOUNT_SID must begin with AC'],
    [{ ICE_PROVIDER: 'twilio', ...twilio, TWILIO_API_URL: 'http://gateway.example' }, 'TWILIO_API_URL must be'],
    [{ ICE_PROVIDER: 'coturn', COTURN_SECRET: 's' }, 'COTURN_URLS is missing'],
    [{ ICE_PROVIDER: 'coturn', COTURN_URLS: 'turn:a' }, 'COTURN_SECRET is missing'],
    [{ ICE_PROVIDER: 'coturn', COTURN_URLS: 'stun:a', COTURN_SECRET: 's' }, "COTURN_URLS holds 'stun:a'"],
    [{ ICE_PROVIDER: 'static' }, 'ICE_SERVERS is missing'],
    [{ ICE_PROVIDER: 'static', ICE_SERVERS: '{' }, 'ICE_SERVERS must be a JSON array'],
    [{ ICE_PROVIDER: 'static', ICE_SERVERS: '[]' }, 'ICE_SERVERS must be a JSON array'],
    [{ ICE_PROVIDER: 'static', ICE_SERVERS: '[{"url":"stun:a"}]' }, 'ICE_SERVERS must be a JSON array'],
    [{ STUN_URLS: 'turn:a' }, "STUN_URLS holds 'turn:a'"],
    [{ STUN_URLS: 'stun:a, stun:b?x' }, "STUN_URLS holds 'stun:b?x' (entry 2)"],
    [{ STUN_URLS: ' , ' }, 'STUN_URLS holds commas and no address'],
    [{ ICE_PROVIDER: 'coturn', COTURN_URLS: ',', COTURN_SECRET: 's' }, 'COTURN_URLS holds commas and no address'],
    [{ ICE_PROVIDER: 'static', ICE_SERVERS: '{"urls":"stun:a"}' }, 'ICE_SERVERS must be a JSON array'],
    [{ ICE_PROVIDER: 'static', ICE_SERVERS: '[{"urls":"stun:a"},{"urls":[]}]' }, 'Entry 2 is none: look at its urls.'],
    [{ ICE_PROVIDER: 'static', ICE_SERVERS: '["stun:a"]' }, 'Entry 1 is none.'],
    [
      { ICE_PROVIDER: 'static', ICE_SERVERS: '[{"urls":"stun:a","username":1}]' },
      'Entry 1 is none: look at its username',
    ],
    [
      { ICE_PROVIDER: 'static', ICE_SERVERS: '[{"urls":"stun:a","credentialType":"oauth"}]' },
      'Entry 1 is none: look at its credentialType',
    ],
  ])('are refused for %o with a sentence', (env: Environment, sentence) => {
    expect(refusal(env)).toContain(sentence);
  });
});

describe('An address of an ICE server', () => {
  const fixed = (...servers: object[]) => ({ ICE_PROVIDER: 'static', ICE_SERVERS: JSON.stringify(servers) });
  const credentials = { username: 'u', credential: 'c' };

  it.each(Object.entries(takenIceUrls))('may be %s, which browsers get as %s', (given, url) => {
    expect(loadConfig(fixed({ urls: given, ...credentials })).ice).toMatchObject({ servers: [{ urls: url }] });
    const isTurn = url.startsWith('turn');
    const env = isTurn ? { ICE_PROVIDER: 'coturn', COTURN_URLS: given, COTURN_SECRET: 's' } : { STUN_URLS: given };
    expect(loadConfig(env).ice).toMatchObject({ [isTurn ? 'urls' : 'stunUrls']: [url] });
  });

  it.each(Object.entries(refusedIceUrls))('cannot be %s, and the sentence says: %s', (url, problem) => {
    const environments: [string, Environment][] = [
      ['ICE_SERVERS', fixed({ urls: 'stun:fine' }, { urls: ['stun:fine', url], ...credentials })],
      ['STUN_URLS', { STUN_URLS: `stun:fine,${url}` }],
      ['COTURN_URLS', { ICE_PROVIDER: 'coturn', COTURN_URLS: `turn:fine,${url}`, COTURN_SECRET: 's' }],
    ];
    for (const [variable, env] of environments) {
      const sentence = refusal(env);
      expect(sentence).toContain(`${variable} holds ${url.includes('@') ? 'an address' : `'${url}'`} (entry 2)`);
      expect(sentence).toContain(problem);
      expect(sentence).not.toContain('the-password');
    }
  });

  it.each([
    {},
    { username: 'u' },
    { credential: 'the-password' },
    { username: '', credential: 'the-password' },
    { username: 'u', credential: '' },
    { username: 'ü'.repeat(255), credential: 'the-password' },
  ])('of a relay cannot be without good credentials, such as with $username', (wrong) => {
    const sentence = refusal(fixed({ urls: ['stun:a', 'turn:127.0.0.1:3478'], ...wrong }));
    expect(sentence).toMatch(/^ICE_SERVERS holds 'turn:127\.0\.0\.1:3478' \(entry 1\), which .*username/);
    expect(sentence).not.toContain('the-password');
    expect(loadConfig(fixed({ urls: 'stun:a', ...wrong })).ice.provider).toBe('static');
  });

  it('of a relay may have a user name of 508 bytes, and say that its credential is a password', () => {
    const server = { urls: 'turn:a', username: 'u'.repeat(508), credential: 'c' };
    expect(loadConfig(fixed({ ...server, credentialType: 'password' })).ice).toMatchObject({ servers: [server] });
  });
});

describe('Users', () => {
  const jwks = {
    USER_TOKEN_JWKS_URL: 'https://login.example.com/jwks.json',
    USER_TOKEN_ISSUER: 'https://login.example.com',
  };
  const redis = { STORE: 'redis', REDIS_URL: 'rediss://a', MAGICK_TOKEN: magickToken, SALT_STRING: saltString };

  it('are those of an open directory in DEVELOPMENT, where no node needs a database for it, and nobody otherwise', () => {
    expect(loadConfig({}).users).toEqual({ kind: 'open', heldMinutes: 10 });
    expect(loadConfig({ USERS: '' }).users).toBeNull();
    expect(loadConfig(redis).users).toBeNull();
    expect(loadConfig(production).users).toBeNull();
    expect(loadConfig({ ...production, USERS: 'open' }).users).toEqual({ kind: 'open', heldMinutes: 10 });
  });

  it('of a host system are proved by its secret, or by its public keys', () => {
    const audience = 'mesh-workspaces';
    expect(loadConfig({ USERS: 'tokens', USER_TOKEN_SECRET: userTokenSecret }).users).toEqual({
      kind: 'tokens',
      keys: { secret: userTokenSecret },
      issuer: null,
      audience,
    });
    expect(loadConfig({ USERS: 'tokens', ...jwks, USER_TOKEN_AUDIENCE: 'calls' }).users).toEqual({
      kind: 'tokens',
      keys: { jwksUrl: jwks.USER_TOKEN_JWKS_URL },
      issuer: jwks.USER_TOKEN_ISSUER,
      audience: 'calls',
    });
  });

  it.each([
    [{}, 'USER_TOKEN_SECRET and USER_TOKEN_JWKS_URL must be set'],
    [{ USER_TOKEN_SECRET: userTokenSecret, ...jwks }, 'are both set'],
    [{ ...jwks, USER_TOKEN_ISSUER: '' }, 'USER_TOKEN_ISSUER is missing'],
    [{ ...jwks, USER_TOKEN_JWKS_URL: 'login.example.com' }, 'USER_TOKEN_JWKS_URL must be a URL'],
    [{ ...jwks, USER_TOKEN_JWKS_URL: 'file:///jwks.json' }, 'USER_TOKEN_JWKS_URL must be a URL'],
    [{ ...jwks, USER_TOKEN_JWKS_URL: 'https://u:p@login.example.com' }, 'without a user name'],
    [{ USER_TOKEN_SECRET: userTokenSecret.slice(0, 31) }, 'USER_TOKEN_SECRET is too short'],
    [{ USER_TOKEN_SECRET: 'ab'.repeat(20) }, 'USER_TOKEN_SECRET is too easy to guess'],
    [{ USER_TOKEN_SECRET: `replace-me-${userTokenSecret}` }, 'USER_TOKEN_SECRET is a sample value'],
    [{ USER_TOKEN_SECRET: magickToken, MAGICK_TOKEN: magickToken }, 'USER_TOKEN_SECRET and MAGICK_TOKEN are the same'],
  ])('of a host system are refused for %o with a sentence', (env: Environment, sentence) => {
    expect(refusal({ ...env, USERS: 'tokens' })).toContain(sentence);
  });

  it('cannot sign in with a secret that is not used, or with keys that anybody on the way may change, without a warning', () => {
    expect(loadConfig({ USER_TOKEN_SECRET: userTokenSecret }).warnings).toEqual([
      expect.stringContaining('USER_TOKEN_SECRET is set'),
    ]);
    const warnings = (USER_TOKEN_JWKS_URL: string) =>
      loadConfig({ USERS: 'tokens', ...jwks, USER_TOKEN_JWKS_URL }).warnings;
    expect(warnings('http://login.example.com')).toEqual([expect.stringContaining('without TLS')]);
    for (const safe of ['https://login.example.com', 'http://localhost:1', 'http://127.0.0.1:1', 'http://[::1]:1']) {
      expect(warnings(safe)).toEqual([]);
    }
  });
});

it('HTTPS needs a key and a certificate, and takes a chain', () => {
  expect(refusal({ ENABLE_HTTPS: 'true' })).toMatch(/^https\.key \(HTTPS_KEY\) is missing/);
  expect(refusal({ ENABLE_HTTPS: 'true', HTTPS_KEY: 'a' })).toMatch(/^https\.cert \(HTTPS_CERT\) is missing/);
  const files = { HTTPS_KEY: 'key.pem', HTTPS_CERT: 'cert.pem' };
  expect(loadConfig({ ENABLE_HTTPS: 'true', ...files }).https).toEqual({ key: 'key.pem', cert: 'cert.pem', ca: null });
  expect(loadConfig({ ENABLE_HTTPS: 'true', ...files, HTTPS_CA: 'ca.pem' }).https).toMatchObject({ ca: 'ca.pem' });
  expect(loadConfig(files).https).toBeNull();
});

describe('The metrics', () => {
  it('are for this machine, if METRICS_PORT says where, and for others with METRICS_HOST', () => {
    expect(loadConfig({ METRICS_PORT: ' 9464 ' }).metrics).toEqual({ port: 9464, host: '127.0.0.1' });
    expect(loadConfig({ METRICS_PORT: '9464', METRICS_HOST: '0.0.0.0' }).metrics).toEqual({
      port: 9464,
      host: '0.0.0.0',
    });
    const { metrics, warnings } = loadConfig({ METRICS_HOST: '0.0.0.0' });
    expect(metrics).toBeNull();
    expect(warnings).toEqual([expect.stringMatching(/^METRICS_HOST is set, but METRICS_PORT is empty/)]);
  });

  it('cannot be at the port of the server', () => {
    expect(refusal({ METRICS_PORT: '9090' })).toMatch(/^METRICS_PORT and PORT are both 9090\./);
    expect(refusal({ PORT: '80', METRICS_PORT: '80', METRICS_HOST: '::1' })).toMatch(
      /^METRICS_PORT and PORT are both 80\./,
    );
    expect(loadConfig({ PORT: '0', METRICS_PORT: '0' }).metrics).toMatchObject({ port: 0 });
  });
});

it('No sentence holds a secret, whatever else is wrong', () => {
  // A provider that is new has its secrets here by their names.
  const named = Object.keys(sample).filter((name) => /(TOKEN|SECRET|KEY)$/.test(name));
  const secrets: Environment = {
    ...Object.fromEntries(named.map((name) => [name, `the-value-of-${name}`])),
    MAGICK_TOKEN: magickToken,
    SALT_STRING: saltString,
    TWILIO_AUTH_TOKEN: 'the-auth-token-of-twilio',
    COTURN_SECRET: 'the-secret-of-coturn',
    WEBHOOK_URL: 'https://a.example/?key=the-key-of-the-receiver',
    WEBHOOK_SECRET: webhookSecret,
    ICE_SERVERS: '[{"urls":"turn:a","username":"u","credential":"the-static-credential"}',
    API_KEYS: 'host:the-Secret-of-the-host-system-0123456789',
    PUBLIC_URL: 'https://meet.example.com',
    USER_TOKEN_SECRET: userTokenSecret,
  };
  const parts = [
    magickToken,
    saltString,
    'the-Secret-of-the-host',
    userTokenSecret,
    ...named.map((name) => secrets[name] ?? ''),
    'the-static-credential',
    'the-key-of-the-receiver',
    webhookSecret.slice(6, 20),
  ];
  const wrong: Environment[] = [
    { PORT: 'x' },
    { METRICS_PORT: 'x' },
    { LOG_LEVEL: 'x' },
    { CORS_ORIGINS: '' },
    { CORS_ORIGINS: '*' },
    { ENABLE_HTTPS: 'true' },
    { SALT_STRING: magickToken },
    { API_KEYS: 'the-Secret-of-the-host-system-0123456789' },
    { API_KEYS: 'host:the-Secret-of-the-host' },
    { API_KEYS: 'host:the-Secret-of-the-host-system-0123456789:x' },
    { PUBLIC_URL: '' },
    { MAGICK_TOKEN: magickToken.slice(0, 20) },
    { SALT_STRING: `replace-me-${saltString}` },
    { USERS: 'tokens', USER_TOKEN_SECRET: userTokenSecret.slice(0, 20) },
    { USERS: 'tokens', USER_TOKEN_JWKS_URL: 'https://a.example' },
    { ICE_PROVIDER: 'x' },
    { ICE_PROVIDER: 'twilio' },
    { ICE_PROVIDER: 'twilio', TWILIO_ACCOUNT_SID: 'x' },
    { ICE_PROVIDER: 'coturn' },
    { ICE_PROVIDER: 'coturn', COTURN_URLS: 'x' },
    { ICE_PROVIDER: 'static' },
    { WEBHOOK_URL: 'https://user:the-key-of-the-receiver@a.example' },
    { WEBHOOK_URL: 'ftp://a.example/the-key-of-the-receiver' },
    { WEBHOOK_SECRET: `${webhookSecret}=` },
    { WEBHOOK_SECRET: [webhookSecret, webhookSecret, webhookSecret].join() },
    ...numbers.map(({ variable }) => ({ [variable]: 'x' })),
  ];
  for (const env of wrong) {
    const sentence = refusal({ ...production, ...secrets, ...env });
    for (const part of [...parts, magickToken.slice(0, 20), userTokenSecret.slice(0, 20)])
      expect(sentence).not.toContain(part);
  }
});

it.each([
  ['rooms.json', path.resolve('storage', 'rooms.json')],
  ['.rooms.json', path.resolve('storage', '.rooms.json')],
  ['./rooms.json', path.resolve('rooms.json')],
  ['data/rooms.json', path.resolve('data', 'rooms.json')],
  ['../rooms.json', path.resolve('..', 'rooms.json')],
  ['/var/lib/rooms.json', path.resolve('/var/lib/rooms.json')],
])('The JSON store %s is the file %s', (given, file) => {
  expect(loadConfig({ JSON_STORAGE_FILE: given }).store).toEqual({ kind: 'json', file });
});

it('.env.sample names exactly what is read from the environment besides the settings of config.ts', () => {
  const read = new Set<string>();
  const watched = (env: Environment) =>
    new Proxy(env, {
      get(target, name) {
        if (typeof name === 'string') read.add(name);
        return Reflect.get(target, name);
      },
    });
  const environments: Environment[] = [
    {},
    production,
    { METRICS_PORT: '9464' },
    { ICE_PROVIDER: 'twilio', TWILIO_ACCOUNT_SID: 'ACsid', TWILIO_AUTH_TOKEN: 'auth' },
    { ICE_PROVIDER: 'coturn', COTURN_URLS: 'turn:a', COTURN_SECRET: 's' },
    { ICE_PROVIDER: 'static', ICE_SERVERS: '[{"urls":"stun:a"}]' },
    { ENABLE_HTTPS: 'true', HTTPS_KEY: 'key.pem', HTTPS_CERT: 'cert.pem' },
    { ...production, STORE: 'redis', REDIS_URL: 'rediss://a' },
    { ...production, DATABASE_URL: 'postgres://a' },
  ];
  for (const env of environments) loadConfig(watched(env));
  // A provider without an environment here could read what .env.sample does not name.
  const named = environments.map((env) => env.ICE_PROVIDER ?? 'google');
  expect(iceProviders.filter((provider) => !named.includes(provider))).toEqual([]);
  const settings = leaves.map(({ variable }) => variable);
  // A setting of config.ts has its variable by itself.
  expect(Object.keys(sample).filter((name) => settings.includes(name))).toEqual([]);
  expect([...read].filter((name) => !settings.includes(name)).sort()).toEqual(Object.keys(sample).sort());
  expect([...read]).toEqual(expect.arrayContaining(settings));
});
