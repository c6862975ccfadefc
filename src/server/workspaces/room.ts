import type { Refusal } from '../../protocol/errors.ts';
import { makeRoom as giveWay } from '../domain/unused.ts';
import type { Services } from '../services.ts';
import type { ChangeRequest } from './change-request.ts';

/** Unused workspaces that are tried when one has to go. Creators of the first ones may be within their grace times. */
const TRIED = 20;

/**
 * Deletes the unused workspace that changed least recently.
 * @param change makes a change of a workspace
 * @returns whether there is room for another one now, as far as is known
 * @throws StoreError
 */
export async function makeRoom(
  { store, log }: Services,
  change: (workspaceId: string, request: ChangeRequest<never>) => Promise<Refusal | null>,
): Promise<boolean> {
  for (const id of await store.unused(TRIED)) {
    let isGone = false;
    const refusal = await change(id, {
      as: null,
      durability: 'required',
      decide: (workspace) => {
        const decided = giveWay(workspace);
        isGone = decided.next === null;
        return decided;
      },
    });
    if (isGone) log.info({ workspace: id }, 'deleted an unused workspace to make room');
    if (isGone || refusal?.refused === 'WORKSPACE_GONE') return true;
  }
  return false;
}
