import { ConfigError, type Environment } from './environment.ts';

/**
 * A secret is null where the operator gave none, which only DEVELOPMENT allows: then the server generates it at the
 * start.
 */
export interface Secrets {
  magickToken: string | null;
  saltString: string | null;
}

const MIN_SECRET_LENGTH = 32;
/** A secret of fewer different characters than this, or one that repeats itself, is a pattern that somebody typed. */
const MIN_SECRET_VARIETY = 10;

/** The reason why a secret is not fit for use with others, or null. It never repeats the secret itself. */
export function weakness(name: string, secret: string | null): string | null {
  const make = 'Make one with: openssl rand -base64 48';
  if (secret === null) return `${name} is missing. ${make}`;
  if (/replace-?me|change-?me/i.test(secret)) {
    return `${name} is a sample value. ${make}`;
  }
  if (secret.length < MIN_SECRET_LENGTH)
    return `${name} is too short: ${MIN_SECRET_LENGTH} characters at least. ${make}`;
  if (new Set(secret).size < MIN_SECRET_VARIETY || /^(.+?)\1+$/.test(secret))
    return `${name} is too easy to guess. ${make}`;
  return null;
}

/**
 * @param isShared nodes have the secrets in common, so that a node cannot generate its own
 * @throws ConfigError where they are missing though shared, or not fit for use with others and DEVELOPMENT is false
 */
export function readSecrets(
  env: Environment,
  { isShared, development }: { isShared: boolean; development: boolean },
  warnings: string[],
): Secrets {
  const secrets = {
    magickToken: env.MAGICK_TOKEN?.trim() || null,
    saltString: env.SALT_STRING?.trim() || null,
  };
  const weak = [weakness('MAGICK_TOKEN', secrets.magickToken), weakness('SALT_STRING', secrets.saltString)];
  if (secrets.magickToken !== null && secrets.magickToken === secrets.saltString) {
    weak.push('MAGICK_TOKEN and SALT_STRING are the same. Make them different.');
  }
  const missing = secrets.magickToken === null ? 'MAGICK_TOKEN' : secrets.saltString === null ? 'SALT_STRING' : null;
  if (isShared && missing) {
    throw new ConfigError(
      `${missing} is missing, and STORE=redis needs it: the same for all nodes. Make one with: openssl rand -base64 48`,
    );
  }
  const first = weak.find((sentence) => sentence !== null);
  if (first && !development) {
    throw new ConfigError(`${first} (With DEVELOPMENT=true, for this machine only, the server makes its own.)`);
  }
  if (first && secrets.magickToken !== null) warnings.push(first);
  return secrets;
}
