import { createSecretKey } from 'node:crypto';
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose';
import type { Logger } from 'pino';
import { z } from 'zod';
import { type Refusal, refuse } from '../../protocol/errors.ts';
import { isUserId, text } from '../../protocol/schemas.ts';
import { throttle } from '../collections/throttle.ts';
import type { UserTokensConfig } from '../config/users.ts';
import { KeysAway, type KeyTimes, keyTimes, publicKeys } from './public-keys.ts';
import type { SignedInUser } from './user.ts';

/** The clocks of this server and of the host system may differ by so much, in seconds. */
const LEEWAY_SECONDS = 60;

/** The latest time that a date of this language can hold, in seconds since the epoch. */
const LAST_SECOND = 8_640_000_000_000;

/** When to try again while the host system does not answer, in seconds. */
const RETRY_SECONDS = 5;

const KEYS_AWAY = 'Your sign-in cannot be checked right now, because the system it comes from does not answer.';
const EXPIRED = 'The user token has expired. Sign in again where you got it.';

/** What a user token says. */
interface VerifiedToken {
  /** `workspace` and `consultation` are as the host system names them. */
  readonly user: SignedInUser;
  /** ms since the epoch */
  readonly expiresAt: number;
}

type BadUserToken = Refusal<'INVALID_TOKEN' | 'TOKEN_EXPIRED' | 'BUSY_TRY_AGAIN'>;

/** Checks a user token: its signature, its times, and every claim. */
export type UserTokens = (token: string) => Promise<VerifiedToken | BadUserToken>;

interface UserTokenOptions {
  readonly config: UserTokensConfig;
  /** The longest name and avatar, in UTF-16 code units. */
  readonly limits: { readonly name: number; readonly avatar: number };
  /** The time as the host system knows it, ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
  readonly times?: KeyTimes;
}

/** Prepares to check the user tokens (JWT, RFC 7519) that a host system signs. */
export async function userTokens({
  config,
  limits,
  now,
  log,
  times = keyTimes,
}: UserTokenOptions): Promise<UserTokens> {
  const { errors, jwtVerify } = await import('jose');
  const { keys, issuer, audience } = config;
  // A token that is signed with the text of a public key as its secret would pass where both ways were allowed.
  const algorithms = 'secret' in keys ? ['HS256'] : ['RS256', 'ES256', 'EdDSA'];
  const find = 'secret' in keys ? secretKey(keys.secret) : await publicKeys(keys.jwksUrl, times);
  const claims = claimsWithin(limits.name);
  const options: JWTVerifyOptions = {
    algorithms,
    audience,
    ...(issuer === null ? {} : { issuer }),
    clockTolerance: LEEWAY_SECONDS,
    requiredClaims: ['exp', 'sub', 'name'],
  };
  const warnOfKeys = throttle((reason: string) => log.warn({ reason }, 'The keys of user tokens cannot be used.'));

  async function verify(token: string): Promise<JWTPayload> {
    const present = { ...options, currentDate: new Date(now()) };
    try {
      return (await jwtVerify(token, find, present)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      // The token does not say which key it is, and several could be.
      for await (const key of error) {
        const payload = await jwtVerify(token, key, present).then(
          (verified) => verified.payload,
          (problem: unknown) => {
            if (!(problem instanceof errors.JWSSignatureVerificationFailed)) throw problem;
            return null;
          },
        );
        if (payload) return payload;
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }

  function refusalOf(error: unknown): BadUserToken {
    if (error instanceof KeysAway) {
      warnOfKeys(error.message);
      return refuse('BUSY_TRY_AGAIN', { retryAfter: RETRY_SECONDS }, KEYS_AWAY);
    }
    if (error instanceof errors.JWTExpired) return refuse('TOKEN_EXPIRED', {}, EXPIRED);
    if (error instanceof errors.JWTClaimValidationFailed) return badClaim(error.claim, error.reason === 'missing');
    if (error instanceof errors.JOSEAlgNotAllowed) return bad('is signed in a way that this server does not accept');
    if (error instanceof errors.JWKSNoMatchingKey) return bad('is signed with a key that this server does not know');
    if (error instanceof errors.JWSSignatureVerificationFailed) return bad('has a signature that is not right');
    return bad('has a form that this server cannot read');
  }

  return async (token) => {
    let payload: JWTPayload;
    try {
      payload = await verify(token);
    } catch (error) {
      return refusalOf(error);
    }
    const parsed = claims.safeParse(payload);
    if (!parsed.success) return badClaim(parsed.error.issues[0]?.path.join('.') ?? '', false);
    const { sub, name, picture, exp, mesh } = parsed.data;
    return {
      user: {
        id: sub,
        name,
        avatar: isPicture(picture, limits.avatar) ? picture : null,
        workspace: mesh.workspace ?? null,
        role: mesh.role ?? 'attendee',
        consultation: mesh.consultation ?? null,
        skipsWaiting: mesh.admission === 'bypass',
        record: mesh.record ?? null,
      },
      // Some libraries sign fractions of a second.
      expiresAt: Math.floor(exp * 1000),
    };
  };
}

function secretKey(secret: string): JWTVerifyGetKey {
  const key = createSecretKey(secret, 'utf8');
  return () => key;
}

const hostId = z.string().min(1).max(255);

/** The claim `mesh`: what the user may do here. */
export const meshClaim = z.object({
  workspace: hostId.optional(),
  role: z.enum(['owner', 'attendee']).optional(),
  consultation: hostId.optional(),
  admission: z.literal('bypass').optional(),
  record: z.boolean().optional(),
});

/** The claims that this server reads. It ignores all others. */
function claimsWithin(longestName: number) {
  return z.object({
    sub: z.string().refine(isUserId),
    name: text(longestName).pipe(z.string().min(1)),
    picture: z.unknown().optional(),
    exp: z.number().max(LAST_SECOND),
    mesh: meshClaim.default({}),
  });
}

function isPicture(picture: unknown, longest: number): picture is string {
  if (typeof picture !== 'string' || picture.length > longest) return false;
  return /^data:image\//i.test(picture) || (/^https?:/i.test(picture) && URL.canParse(picture));
}

function bad(problem: string): Refusal<'INVALID_TOKEN'> {
  return refuse('INVALID_TOKEN', {}, `The user token ${problem}. Get a new one where you signed in.`);
}

/** The sentence about a claim that is wrong. It repeats nothing of what the claim says. */
function badClaim(claim: string, isMissing: boolean): Refusal<'INVALID_TOKEN'> {
  if (isMissing) return bad(`lacks the claim ${claim}`);
  const problems: Partial<Record<string, string>> = {
    aud: 'is meant for another server, as its claim aud says',
    iss: 'is from another issuer, as its claim iss says',
    nbf: 'is not good yet, as its claim nbf says',
    sub: 'has a wrong claim sub: it must have 1 to 255 characters, and none of control',
  };
  return bad(problems[claim] ?? `has a wrong claim ${claim}`);
}
