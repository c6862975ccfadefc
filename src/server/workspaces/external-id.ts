import type { Claim } from '../records/external-ids.ts';
import type { Records } from '../records/records.ts';
import type { Services } from '../services.ts';

/** A workspace is created within this time after its claim, ms; or its node died, and it never will be. */
const CREATED_WITHIN_MS = 30_000;

/** What became of the claim to an id of a host system: it stands, a workspace has the id, or nobody knows yet. */
export type Claimed = 'claimed' | 'undecided' | { readonly takenBy: string };

/**
 * Claims an id of a host system for a workspace that is about to be created. No two workspaces that exist have the same,
 * those of consultations included.
 * @throws RecordsAway
 */
export async function claimExternalId(
  services: Pick<Services, 'store' | 'now'>,
  records: Records,
  externalId: string,
  workspaceId: string,
): Promise<Claimed> {
  const claim = await records.externalIds.claim(externalId, workspaceId, services.now());
  return claim.workspaceId === workspaceId ? 'claimed' : contestExternalId(services, records, claim, workspaceId);
}

/** Takes an id over whose workspace is over, or never was. @param claim of another workspace @throws RecordsAway */
export async function contestExternalId(
  { store, now }: Pick<Services, 'store' | 'now'>,
  records: Records,
  claim: Claim,
  workspaceId: string,
): Promise<Claimed> {
  if (await store.get(claim.workspaceId)) return { takenBy: claim.workspaceId };
  const isOver = (await records.workspaces.get(claim.workspaceId)) !== null;
  const mayComeYet = !isOver && claim.claimedAt > now() - CREATED_WITHIN_MS;
  const isTaken = !mayComeYet && (await records.externalIds.takeOver(claim, workspaceId, now()));
  return isTaken ? 'claimed' : 'undecided';
}
