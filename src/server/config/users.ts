import { ConfigError, type Environment } from './environment.ts';
import { weakness } from './secrets.ts';
import type { Settings } from './settings.ts';
import type { StoreConfig } from './store.ts';

/** The users who can sign in: those who claim a name of the open directory, or those whom the host system vouches for. */
export type UsersConfig =
  /** `heldMinutes`: how long a name stays with its holder when the holder's last connection is gone. */
  { readonly kind: 'open'; readonly heldMinutes: number } | ({ readonly kind: 'tokens' } & UserTokensConfig);

/** How user tokens are checked. */
export interface UserTokensConfig {
  /** The secret of HS256, or the URL of the host system's public keys (JSON Web Key Set, RFC 7517). */
  readonly keys: { readonly secret: string } | { readonly jwksUrl: string };
  /** The issuer that tokens must name; null: any. */
  readonly issuer: string | null;
  /** The audience that tokens must name. */
  readonly audience: string;
}

const SECRET = 'USER_TOKEN_SECRET';
const JWKS_URL = 'USER_TOKEN_JWKS_URL';
const ISSUER = 'USER_TOKEN_ISSUER';

/**
 * Reads who can sign in.
 * @returns null where nobody can
 * @throws ConfigError where a setting is missing, wrong, or contradicts another one
 */
export function readUsers(
  env: Environment,
  { users, registration_minutes: heldMinutes }: Settings,
  { development, store }: { development: boolean; store: StoreConfig },
  warnings: string[],
): UsersConfig | null {
  const tokens = readTokens(env, warnings);
  // Many nodes keep a directory in a database of theirs, which nobody has to have just to try the server.
  const isOpen = users === 'open' || (users === 'auto' && development && store.kind !== 'redis');
  if (users !== 'tokens') {
    const unused = [SECRET, JWKS_URL].find((name) => env[name]?.trim());
    if (unused) warnings.push(`${unused} is set, but users (USERS) is not tokens: it is not used.`);
    return isOpen ? { kind: 'open', heldMinutes } : null;
  }
  if (tokens === null) {
    throw new ConfigError(`users (USERS) is tokens, so one of ${SECRET} and ${JWKS_URL} must be set.`);
  }
  return { kind: 'tokens', ...tokens };
}

function readTokens(env: Environment, warnings: string[]): UserTokensConfig | null {
  const secret = env[SECRET]?.trim() || null;
  const jwksUrl = env[JWKS_URL]?.trim() || null;
  const issuer = env[ISSUER]?.trim() || null;
  const audience = env.USER_TOKEN_AUDIENCE?.trim() || 'mesh-workspaces';
  if (secret !== null && jwksUrl !== null) {
    throw new ConfigError(`${SECRET} and ${JWKS_URL} are both set. Set the one with which your system signs.`);
  }
  if (secret !== null) {
    const problem = weakness(SECRET, secret) ?? sameAsOther(env, secret);
    if (problem !== null) throw new ConfigError(problem);
    return { keys: { secret }, issuer, audience };
  }
  if (jwksUrl === null) return null;
  if (!isWebAddress(jwksUrl)) {
    throw new ConfigError(
      `${JWKS_URL} must be a URL such as https://login.example.com/jwks.json, without a user name.`,
    );
  }
  if (issuer === null) throw new ConfigError(`${ISSUER} is missing, and ${JWKS_URL} needs it: the iss of your tokens.`);
  if (new URL(jwksUrl).protocol === 'http:' && !isLoopback(jwksUrl)) {
    warnings.push(`${JWKS_URL} is without TLS: somebody on the way could put other keys there and sign in as anybody.`);
  }
  return { keys: { jwksUrl }, issuer, audience };
}

/** A host system that has the secret of the user tokens must not be able to sign the tokens of this server. */
function sameAsOther(env: Environment, secret: string): string | null {
  const other = ['MAGICK_TOKEN', 'SALT_STRING'].find((name) => env[name]?.trim() === secret);
  return other === undefined ? null : `${SECRET} and ${other} are the same. Make them different.`;
}

function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}

function isLoopback(url: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}
