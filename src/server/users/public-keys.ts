import { setTimeout as sleep } from 'node:timers/promises';
import type { JWTVerifyGetKey } from 'jose';

/** How patient the server is with a host system, all in ms. */
export interface KeyTimes {
  /** The host system has so long to answer. */
  readonly timeoutMs: number;
  /** Keys are read again no sooner than this, however many tokens name a key that is not known. */
  readonly cooldownMs: number;
  /** Keys are cached for so long: a key that the host system withdraws signs nobody in after that. */
  readonly cachedMs: number;
}

export const keyTimes: KeyTimes = { timeoutMs: 3000, cooldownMs: 1000, cachedMs: 600_000 };

/** Longest key set that the server reads, in bytes: several hundred keys. */
const LONGEST_KEY_SET = 1_048_576;

/** The keys of the host system could not be read, or one of them cannot be used. */
export class KeysAway extends Error {
  override name = 'KeysAway';
}

/**
 * The public keys of a host system (JSON Web Key Set, RFC 7517), read when a token needs them. A token that names a key
 * which is not known yet has the keys read again, so that the host system can change its keys at any time.
 * @param url of the key set. Redirects are not followed
 * @returns finds the key of a token; throws KeysAway, or an error of jose where no key fits
 */
export async function publicKeys(url: string, { timeoutMs, cooldownMs, cachedMs }: KeyTimes): Promise<JWTVerifyGetKey> {
  const { createRemoteJWKSet, customFetch, errors } = await import('jose');
  let failedAt = Number.NEGATIVE_INFINITY;
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: timeoutMs,
    cooldownDuration: cooldownMs,
    cacheMaxAge: cachedMs,
    async [customFetch](address: string, options: RequestInit) {
      // Tokens with keys that are not known must not flood a host system that is in trouble.
      if (performance.now() - failedAt < cooldownMs) throw new KeysAway('They could not be read a moment ago');
      return withinLimit(await fetch(address, options));
    },
  });
  const isAboutToken = (error: unknown) =>
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported;

  const find: JWTVerifyGetKey = async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof KeysAway || isAboutToken(error)) throw error;
      failedAt = performance.now();
      throw new KeysAway(reasonOf(error));
    }
  };
  return async (header, token) => {
    try {
      return await find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey && keys.coolingDown)) throw error;
      // The keys may have changed since they were read, however short a time ago that is.
      await sleep(cooldownMs, null, { ref: false });
      return find(header, token);
    }
  };
}

/** Reads an answer, so that one without an end takes neither time nor memory. */
async function withinLimit(response: Response): Promise<Response> {
  if (response.status !== 200) return response;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > LONGEST_KEY_SET) throw new Error('They are longer than 1 MiB');
    parts.push(part);
  }
  return new Response(Buffer.concat(parts));
}

function reasonOf(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
  return `${message}${code}`;
}
