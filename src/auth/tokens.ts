import { createSecretKey } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { type Refusal, refuse } from '../protocol/errors.ts';

/**
 * The two kinds of JWT (RFC 7519). Each has an issuer of its own, so that neither passes for the other. Issuers and
 * header are as short as they are because the link form of the client in the field holds 150 characters.
 */
const INVITATION = 'ws/i';
const ACCESS = 'ws/a';

/** What an access token proves: a seat in a workspace, until `expiresAt` (ms since the epoch). */
export interface Claims {
  readonly workspace: string;
  readonly attendee: string;
  readonly expiresAt: number;
}

type BadToken = Refusal<'INVALID_TOKEN' | 'TOKEN_EXPIRED'>;

export interface Tokens {
  /**
   * The invitation of a workspace. It is the same for half its lifetime, so that everybody sees one link, and what is
   * handed out is good for at least the other half.
   * @param created when the workspace was created, `now` the present; both in ms since the epoch
   */
  invitation(workspace: string, created: number, now: number): string;
  /** The id of the workspace that an invitation is for. */
  readInvitation(token: string, now: number): { workspace: string } | BadToken;
  access(workspace: string, attendee: string, now: number): string;
  readAccess(token: string, now: number): Claims | BadToken;
}

/**
 * @param secret MAGICK_TOKEN
 * @param invitationMs lifetime of a fresh invitation
 * @param accessMs lifetime of an access token
 */
export function createTokens(secret: string, invitationMs: number, accessMs: number): Tokens {
  // A KeyObject, because jsonwebtoken tries a string as a public key first, which costs ten times the verification.
  const key = createSecretKey(secret, 'utf8');

  function sign(claims: { iss: string; exp: number; sub: string; w?: string }): string {
    return jwt.sign(claims, key, { algorithm: 'HS256', noTimestamp: true, header: { alg: 'HS256', typ: undefined } });
  }

  function read(token: string, issuer: string, now: number): { sub: string; exp: number; w?: unknown } | BadToken {
    try {
      const claims = jwt.verify(token, key, {
        algorithms: ['HS256'],
        issuer,
        clockTimestamp: Math.floor(now / 1000),
      });
      if (typeof claims === 'string' || typeof claims.sub !== 'string' || typeof claims.exp !== 'number') {
        return refuse('INVALID_TOKEN');
      }
      return { ...claims, sub: claims.sub, exp: claims.exp };
    } catch (error) {
      return refuse(error instanceof jwt.TokenExpiredError ? 'TOKEN_EXPIRED' : 'INVALID_TOKEN');
    }
  }

  return {
    invitation(workspace, created, now) {
      const half = invitationMs / 2;
      const period = Math.max(0, Math.floor((now - created) / half));
      return sign({ iss: INVITATION, exp: Math.ceil((created + (period + 2) * half) / 1000), sub: workspace });
    },
    readInvitation(token, now) {
      const claims = read(token, INVITATION, now);
      return 'refused' in claims ? claims : { workspace: claims.sub };
    },
    access(workspace, attendee, now) {
      return sign({ iss: ACCESS, exp: Math.ceil((now + accessMs) / 1000), sub: attendee, w: workspace });
    },
    readAccess(token, now) {
      const claims = read(token, ACCESS, now);
      if ('refused' in claims) return claims;
      if (typeof claims.w !== 'string') return refuse('INVALID_TOKEN');
      return { workspace: claims.w, attendee: claims.sub, expiresAt: claims.exp * 1000 };
    },
  };
}
