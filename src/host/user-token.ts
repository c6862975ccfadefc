import { base64Url } from './base64.ts';

/** What your system says of a user. */
export interface UserTokenClaims {
  /** The id of the user in your system, 1 to 255 characters. */
  readonly sub: string;
  /** The name that others see. */
  readonly name: string;
  /** The https URL of a picture, or a data URL. */
  readonly picture?: string | null | undefined;
  /** What the user may do: docs/users.md says what each of them means. */
  readonly mesh?: {
    readonly workspace?: string;
    readonly role?: 'owner' | 'attendee';
    readonly consultation?: string;
    readonly admission?: 'bypass';
    readonly record?: boolean;
  };
}

/** With what a server checks user tokens. */
export interface UserTokenKey {
  /** USER_TOKEN_SECRET of the server. */
  readonly secret: string;
  /** USER_TOKEN_ISSUER of the server, if it has one. */
  readonly issuer?: string | undefined;
  /** USER_TOKEN_AUDIENCE of the server; default `mesh-workspaces`. */
  readonly audience?: string | undefined;
  /** The token is good for so many seconds; default 600. It is looked at once, at the sign-in. */
  readonly ttlSeconds?: number | undefined;
}

/**
 * Signs a user token (JWT, RFC 7519, HS256), with which a page of yours signs its user in. It asks no server.
 * @throws TypeError where a claim is missing, or there is no secret
 */
export async function userToken(
  { sub, name, picture, mesh }: UserTokenClaims,
  { secret, issuer, audience = 'mesh-workspaces', ttlSeconds = 600 }: UserTokenKey,
): Promise<string> {
  for (const [member, value] of Object.entries({ sub, name, secret })) {
    if (typeof value !== 'string' || value === '') throw new TypeError(`userToken: \`${member}\` must be a text.`);
  }
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub, name, picture, mesh, iss: issuer, aud: audience, iat: now, exp: now + ttlSeconds };
  const signed = `${partOf({ alg: 'HS256', typ: 'JWT' })}.${partOf(claims)}`;
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', utf8(secret), algorithm, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', key, utf8(signed));
  return `${signed}.${base64Url(new Uint8Array(signature))}`;
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const partOf = (value: object) => base64Url(utf8(JSON.stringify(value)));
