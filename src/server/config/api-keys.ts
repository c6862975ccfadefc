import { createHash } from 'node:crypto';
import { ConfigError, type Environment, list } from './environment.ts';
import { weakness } from './secrets.ts';

const scopes = ['read', 'write', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** A key of the REST API. The secret itself is nowhere in memory. */
export interface ApiKey {
  /** Its name in the log. */
  readonly id: string;
  /** SHA-256 of its secret, in hex. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
}

const FORM = 'API_KEYS must be <id>:<secret> or <id>:<secret>:read+write+admin, parted by commas.';

/** Characters that a Bearer token may have (RFC 6750, 2.1). */
const BEARER = /^[\w.~+/-]+=*$/;

/**
 * Reads the keys of the REST API. A key without scopes may read and write.
 * @returns none: there is no REST API
 * @throws ConfigError that names the key and repeats no secret
 */
export function readApiKeys(env: Environment): ApiKey[] {
  const keys = list(env.API_KEYS).map(readApiKey);
  for (const [index, { id, hash }] of keys.entries()) {
    const earlier = keys.slice(0, index);
    if (earlier.some((key) => key.id === id)) throw new ConfigError(`API_KEYS holds the id '${id}' twice.`);
    const twin = earlier.find((key) => key.hash === hash);
    if (twin) throw new ConfigError(`API_KEYS gives '${twin.id}' and '${id}' the same secret. Make them different.`);
  }
  return keys;
}

function readApiKey(text: string, index: number): ApiKey {
  const [id = '', secret = '', scopeList = 'read+write', ...rest] = text.split(':').map((part) => part.trim());
  // An entry without its id could be a secret, so that no sentence repeats it.
  if (!/^[\w.-]{1,64}$/.test(id) || !text.includes(':') || rest.length > 0) {
    throw new ConfigError(`${FORM} Look at entry ${index + 1}.`);
  }
  const weak = weakness(`The secret of '${id}' in API_KEYS`, secret === '' ? null : secret);
  if (weak) throw new ConfigError(weak);
  if (!BEARER.test(secret)) {
    throw new ConfigError(`The secret of '${id}' in API_KEYS has a character that a Bearer token cannot have.`);
  }
  return { id, hash: createHash('sha256').update(secret).digest('hex'), scopes: readScopes(id, scopeList) };
}

function readScopes(id: string, text: string): Scope[] {
  const given = text.split('+').map((each) => each.trim());
  return given.map((name) => {
    const scope = scopes.find((each) => each === name);
    if (scope) return scope;
    throw new ConfigError(`The scopes of '${id}' in API_KEYS must be some of ${scopes.join('+')}. ${FORM}`);
  });
}
