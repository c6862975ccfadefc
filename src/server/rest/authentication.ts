import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { ApiKey, Scope } from '../config/api-keys.ts';
import type { ApiEnv } from './operation.ts';
import { type Problem, problem, problemResponse } from './problem.ts';

const REALM = 'Bearer realm="mesh-workspaces"';

/**
 * Finds the key of a secret. Compares with every key in constant time. Hashes are compared, which have one length and tell nothing about the secret
 * where they differ.
 */
function keyFinder(keys: readonly ApiKey[]): (secret: string) => ApiKey | null {
  const hashed = keys.map((key) => ({ key, hash: Buffer.from(key.hash, 'hex') }));
  return (secret) => {
    const given = createHash('sha256').update(secret).digest();
    let found: ApiKey | null = null;
    for (const { key, hash } of hashed) if (timingSafeEqual(given, hash)) found = key;
    return found;
  };
}

/** The secret of an Authorization header (RFC 6750, 2.1); null where it holds none. */
function bearerOf(authorization: string | undefined): string | null {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? null;
}

/** Lets only requests with a key pass. */
export function authenticate(keys: readonly ApiKey[]): MiddlewareHandler<ApiEnv> {
  const find = keyFinder(keys);
  return async (context, next) => {
    const secret = bearerOf(context.req.header('Authorization'));
    const key = secret === null ? null : find(secret);
    if (!key) return unauthorized(secret !== null);
    context.set('key', key);
    return next();
  };
}

/** The answer to a request without a key, or with one that is not known (RFC 6750, 3). */
function unauthorized(hasSecret: boolean): Response {
  const detail = hasSecret
    ? 'This key is not known here. Check it, or ask whoever runs the server.'
    : 'A key is missing. Send it in the header Authorization: Bearer <secret>.';
  const challenge = hasSecret ? `${REALM}, error="invalid_token"` : REALM;
  return problemResponse(problem('INVALID_TOKEN', {}, detail), { 'WWW-Authenticate': challenge });
}

/** Why a key may not do something; null where it may. A key with the scope `admin` may do everything. */
export function beyondScope({ id, scopes }: ApiKey, scope: Scope): Problem | null {
  if (scopes.includes(scope) || scopes.includes('admin')) return null;
  return problem('NOT_ALLOWED', {}, `The key '${id}' has no scope '${scope}', which this needs.`);
}

/** The header of a 403 (RFC 6750, 3.1). */
export function scopeChallenge(scope: Scope): Record<string, string> {
  return { 'WWW-Authenticate': `${REALM}, error="insufficient_scope", scope="${scope}"` };
}
