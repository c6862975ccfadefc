import { createHash, createSecretKey } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { type Refusal, refuse } from '../../protocol/errors.ts';
import type { Workspace } from '../domain/workspace.ts';

/**
 * The kinds of JWT (RFC 7519). Each has an issuer of its own, so that none passes for another. Issuers and header are as
 * short as they are because the link form of the client in the field holds 150 characters.
 */
const INVITATION = 'ws/i';
const OWNER_LINK = 'ws/o';
const PERSONAL_LINK = 'ws/u';
const INVITE = 'ws/n';
const ACCESS = 'ws/a';
const UPLOAD = 'ws/r';
const DOWNLOAD = 'ws/d';

/** How long the token for downloads is good, ms. */
const DOWNLOAD_MS = 3_600_000;

/** Characters of the hash by which a personal link names its user: 84 bits. */
const USER_HASH_LENGTH = 14;

/** The claims of an access token: a seat in a workspace, until `expiresAt` (ms since the epoch). */
export interface Claims {
  readonly workspace: string;
  readonly attendee: string;
  readonly expiresAt: number;
}

/** The content of an invitation, which is good as long as nobody has renewed it since. */
interface Invitation {
  readonly kind: 'invitation';
  readonly workspace: string;
  readonly renewals: number;
}

/** The content of an owner link, which gives the owner's place as long as the workspace exists. */
interface OwnerLink {
  readonly kind: 'owner';
  readonly workspace: string;
}

/** The content of a personal link, which opens a workspace for one user who is signed in. */
interface PersonalLink {
  readonly kind: 'personal';
  readonly workspace: string;
  isFor(user: string): boolean;
}

/** The content of an invite's token, which opens a workspace for one user as long as the invite stands in the document. */
interface InviteToken {
  readonly kind: 'invite';
  readonly workspace: string;
  readonly invite: string;
}

export type Link = Invitation | OwnerLink | PersonalLink | InviteToken;

type BadToken = Refusal<'INVALID_TOKEN' | 'TOKEN_EXPIRED'>;

export interface Tokens {
  /**
   * The invitation of a workspace. It is the same for half its lifetime, so that everybody sees one link, and each link
   * is good for at least the other half.
   * @param now the present, in ms since the epoch
   * @param expiresAt ends an invitation of its own, ms since the epoch
   */
  invitation(workspace: Pick<Workspace, 'id' | 'created' | 'renewals'>, now: number, expiresAt?: number): string;
  /** The token that gives the owner's place without a PIN until the workspace ends. */
  ownerLink(workspace: string): string;
  /**
   * The token that opens a workspace without a PIN for a user who is signed in.
   * @param expiresAt ms since the epoch; null: when the workspace ends
   */
  personalLink(workspace: string, user: string, expiresAt: number | null): string;
  invite(workspace: string, invite: string): string;
  readLink(token: string, now: number): Link | BadToken;
  access(workspace: string, attendee: string, now: number): string;
  readAccess(token: string, now: number): Claims | BadToken;
  /** The token with which the bytes of an upload come. @param expiresAt ms since the epoch */
  upload(id: string, expiresAt: number): string;
  /** @returns the id of the upload */
  readUpload(token: string, now: number): string | BadToken;
  /** The token with which the recordings of a workspace are downloaded, for an hour. */
  download(workspace: string, now: number): string;
  /** @returns the id of the workspace */
  readDownload(token: string, now: number): string | BadToken;
}

/**
 * @param secret MAGICK_TOKEN
 * @param invitationMs lifetime of a fresh invitation
 * @param accessMs lifetime of an access token
 */
export function createTokens(secret: string, invitationMs: number, accessMs: number): Tokens {
  // A KeyObject, because jsonwebtoken tries a string as a public key first, which costs ten times the verification.
  const key = createSecretKey(secret, 'utf8');

  function sign(claims: { iss: string; exp?: number; sub: string; w?: string }): string {
    return jwt.sign(claims, key, { algorithm: 'HS256', noTimestamp: true, header: { alg: 'HS256', typ: undefined } });
  }

  function read(
    token: string,
    issuers: [string, ...string[]],
    now: number,
  ): { iss: string; sub: string; exp: number; w?: unknown } | BadToken {
    try {
      const claims = jwt.verify(token, key, {
        algorithms: ['HS256'],
        issuer: issuers,
        clockTimestamp: Math.floor(now / 1000),
      });
      if (typeof claims === 'string' || typeof claims.sub !== 'string' || typeof claims.iss !== 'string') {
        return refuse('INVALID_TOKEN');
      }
      const exp = isLasting(claims.iss) ? Number.POSITIVE_INFINITY : claims.exp;
      if (typeof exp !== 'number') return refuse('INVALID_TOKEN');
      return { ...claims, iss: claims.iss, sub: claims.sub, exp };
    } catch (error) {
      return refuse(error instanceof jwt.TokenExpiredError ? 'TOKEN_EXPIRED' : 'INVALID_TOKEN');
    }
  }

  return {
    invitation({ id, created, renewals }, now, expiresAt) {
      const half = invitationMs / 2;
      const period = Math.max(0, Math.floor((now - created) / half));
      const exp = Math.ceil((expiresAt ?? created + (period + 2) * half) / 1000);
      return sign({ iss: INVITATION, exp, sub: renewals === 0 ? id : `${id}.${renewals}` });
    },
    ownerLink: (workspace) => sign({ iss: OWNER_LINK, sub: workspace }),
    personalLink(workspace, user, expiresAt) {
      // With the claim `exp` it would be too long.
      const end = expiresAt === null ? '' : `.${Math.ceil(expiresAt / 1000).toString(36)}`;
      return sign({ iss: PERSONAL_LINK, sub: `${workspace}.${userHash(user)}${end}` });
    },
    invite: (workspace, invite) => sign({ iss: INVITE, sub: `${workspace}.${invite}` }),
    readLink(token, now) {
      const claims = read(token, [INVITATION, OWNER_LINK, PERSONAL_LINK, INVITE], now);
      if ('refused' in claims) return claims;
      // Ids have no dot.
      const [workspace = '', second = '', end] = claims.sub.split('.');
      switch (claims.iss) {
        case OWNER_LINK:
          return { kind: 'owner', workspace };
        case PERSONAL_LINK:
          if (end !== undefined && Number.parseInt(end, 36) * 1000 <= now) return refuse('TOKEN_EXPIRED');
          return { kind: 'personal', workspace, isFor: (user) => userHash(user) === second };
        case INVITE:
          return { kind: 'invite', workspace, invite: second };
        default:
          return { kind: 'invitation', workspace, renewals: Number(second) };
      }
    },
    access(workspace, attendee, now) {
      return sign({ iss: ACCESS, exp: Math.ceil((now + accessMs) / 1000), sub: attendee, w: workspace });
    },
    readAccess(token, now) {
      const claims = read(token, [ACCESS], now);
      if ('refused' in claims) return claims;
      if (typeof claims.w !== 'string') return refuse('INVALID_TOKEN');
      return { workspace: claims.w, attendee: claims.sub, expiresAt: claims.exp * 1000 };
    },
    upload: (id, expiresAt) => sign({ iss: UPLOAD, exp: Math.ceil(expiresAt / 1000), sub: id }),
    readUpload(token, now) {
      const claims = read(token, [UPLOAD], now);
      return 'refused' in claims ? claims : claims.sub;
    },
    download: (workspace, now) => sign({ iss: DOWNLOAD, exp: Math.ceil((now + DOWNLOAD_MS) / 1000), sub: workspace }),
    readDownload(token, now) {
      const claims = read(token, [DOWNLOAD], now);
      return 'refused' in claims ? claims : claims.sub;
    },
  };
}

/** Whether tokens of a kind have no claim `exp`, because the document of their workspace ends them. */
function isLasting(issuer: string): boolean {
  return issuer === OWNER_LINK || issuer === PERSONAL_LINK || issuer === INVITE;
}

function userHash(user: string): string {
  return createHash('sha256').update(user).digest('base64url').slice(0, USER_HASH_LENGTH);
}
