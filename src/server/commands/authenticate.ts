import { isRefusal, type Refusal, refuse } from '../../protocol/errors.ts';
import type { Claims } from '../auth/tokens.ts';
import type { Services } from '../services.ts';
import type { Connection } from '../transport/connection.ts';

/** The part that every command of a seat carries. */
export interface Proof {
  workspace: { id: string };
  attendee?: { id: string };
  broadcaster?: { id: string };
  accessToken: string;
}

/** The seat that the access token proves, if the payload speaks of the same seat. */
export function authenticate(
  connection: Connection,
  proof: Proof,
  { tokens, now }: Services,
): Claims | Refusal<'INVALID_TOKEN' | 'TOKEN_EXPIRED'> {
  const claims = connection.claims(proof.accessToken, tokens, now());
  if (isRefusal(claims)) return { ...claims, message: 'The session is not valid any more. Join the workspace again.' };
  return ofThatSeat(claims, proof);
}

/** What an access token proves, if the payload speaks of the same seat. */
export function ofThatSeat(claims: Claims, proof: Proof): Claims | Refusal<'INVALID_TOKEN'> {
  // A relay names its sender as the broadcaster; its attendee is the target.
  const named = proof.broadcaster ?? proof.attendee;
  if (claims.workspace === proof.workspace.id && (named === undefined || named.id === claims.attendee)) return claims;
  return refuse('INVALID_TOKEN', {}, 'The access token belongs to another attendee or workspace.');
}
