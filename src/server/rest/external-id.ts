import type { Api } from './operation.ts';
import { type Problem, problem } from './problem.ts';

/** A workspace is created within this time after its claim, ms; or its node died, and it never will be. */
const CREATED_WITHIN_MS = 30_000;

/**
 * Claims an id of a host system for a workspace that is about to be created. No two workspaces that exist have the same.
 * @returns null, or the problem
 * @throws RecordsAway
 */
export async function claimExternalId(
  { services, records }: Api,
  externalId: string,
  workspaceId: string,
): Promise<Problem | null> {
  const { store, now } = services;
  const claim = await records.externalIds.claim(externalId, workspaceId, now());
  if (claim.workspaceId === workspaceId) return null;
  if (await store.get(claim.workspaceId)) {
    return problem('EXTERNAL_ID_TAKEN', { workspace: { id: claim.workspaceId } });
  }
  const isOver = (await records.workspaces.get(claim.workspaceId)) !== null;
  const mayComeYet = !isOver && claim.claimedAt > now() - CREATED_WITHIN_MS;
  const isTaken = !mayComeYet && (await records.externalIds.takeOver(externalId, claim, workspaceId, now()));
  return isTaken ? null : problem('BUSY_TRY_AGAIN');
}
