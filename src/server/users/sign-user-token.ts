import { createSecretKey } from 'node:crypto';
import type { UserTokensConfig } from '../config/users.ts';

/** What a host system says of a user. */
export interface UserClaims {
  readonly sub: string;
  readonly name: string;
  readonly picture?: string | undefined;
  readonly mesh?: object | undefined;
}

/**
 * Signs a user token (JWT, RFC 7519) as the host system would, for one that has no library for it.
 * @param exp when it expires, in seconds since the epoch
 */
export async function signUserToken(
  { sub, name, picture, mesh }: UserClaims,
  exp: number,
  { secret, issuer, audience }: Pick<UserTokensConfig, 'issuer' | 'audience'> & { readonly secret: string },
): Promise<string> {
  const { SignJWT } = await import('jose');
  const claims = { name, ...(picture === undefined ? {} : { picture }), ...(mesh === undefined ? {} : { mesh }) };
  const token = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setSubject(sub).setExpirationTime(exp);
  if (issuer !== null) token.setIssuer(issuer);
  return token.setAudience(audience).sign(createSecretKey(secret, 'utf8'));
}
