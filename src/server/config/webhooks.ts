import { createHash } from 'node:crypto';
import { ConfigError, type Environment, list } from './environment.ts';

/** Where the server sends events to, by the environment. Further endpoints are made by REST. */
export interface WebhooksConfig {
  urls: readonly string[];
  /** Each signs every delivery: two while the operator changes from one to the other. */
  secrets: readonly string[];
}

const MAKE_A_SECRET = 'Make one with: echo "whsec_$(openssl rand -base64 32)".';

/** Standard Webhooks 1.0.0, "Signature scheme": a key has 24 to 64 bytes. */
const [LEAST_BYTES, MOST_BYTES] = [24, 64];

const PREFIX = 'whsec_';

/** The key in a secret such as `whsec_<base64>` (Standard Webhooks 1.0.0), or null where it is none. */
export function keyOfSecret(secret: string): Buffer | null {
  if (!secret.startsWith(PREFIX)) return null;
  const base64 = secret.slice(PREFIX.length);
  const key = Buffer.from(base64, 'base64');
  // Buffer.from reads over what is no base64. Libraries of receivers do not.
  if (key.toString('base64') !== base64) return null;
  return key.length >= LEAST_BYTES && key.length <= MOST_BYTES ? key : null;
}

/** The id of an endpoint of the configuration: the same on all nodes, and after each start. */
export function idOfConfigured(url: string): string {
  return `wh_${createHash('sha256').update(url).digest('base64url').slice(0, 16)}`;
}

/**
 * Reads WEBHOOK_URL and WEBHOOK_SECRET.
 * @param warnings gets a sentence where there is a secret, and nothing to sign with it
 * @throws ConfigError in sentences that hold no secret, and no part of a URL that may hold one
 */
export function readWebhooks(env: Environment, warnings: string[]): WebhooksConfig {
  const urls = list(env.WEBHOOK_URL).map(readUrl);
  const secrets = list(env.WEBHOOK_SECRET);
  if (urls.length > 0 && secrets.length === 0) {
    throw new ConfigError(
      `WEBHOOK_SECRET is missing, and WEBHOOK_URL needs it to sign what the server sends. ${MAKE_A_SECRET}`,
    );
  }
  if (secrets.length > 2) {
    throw new ConfigError(
      'WEBHOOK_SECRET holds more than two secrets: two, parted by a comma, are for a change of it.',
    );
  }
  for (const [index, secret] of secrets.entries()) {
    if (keyOfSecret(secret) !== null) continue;
    const which = secrets.length === 1 ? 'WEBHOOK_SECRET' : `Secret ${index + 1} of WEBHOOK_SECRET`;
    throw new ConfigError(
      `${which} must be whsec_ and then ${LEAST_BYTES} to ${MOST_BYTES} random bytes in base64. ${MAKE_A_SECRET}`,
    );
  }
  if (urls.length === 0 && secrets.length > 0) {
    warnings.push('WEBHOOK_SECRET is set, but WEBHOOK_URL is not: it signs nothing.');
  }
  return { urls: [...new Set(urls)], secrets };
}

function readUrl(text: string, index: number): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  // The text may hold a password or a token, so no sentence repeats it.
  const which = `Address ${index + 1} of WEBHOOK_URL`;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new ConfigError(`${which} must be an http or https URL, such as https://www.example.com/webhooks.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(
      `${which} must have no user name or password: receivers know this server by its signature (WEBHOOK_SECRET).`,
    );
  }
  if (url.hash !== '') throw new ConfigError(`${which} must have no part after #: no request carries it.`);
  return url.href;
}
