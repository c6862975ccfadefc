import type { Refusal } from '../../protocol/errors.ts';
import { type Change, unchanged } from '../domain/change.ts';
import type { Workspace } from '../domain/workspace.ts';
import { gone } from './find.ts';
import type { Api } from './operation.ts';
import { meetsIfMatch } from './preconditions.ts';
import { type Problem, problem, problemOf } from './problem.ts';

/**
 * Changes a workspace, if it still is as If-Match says.
 * @returns the workspace after the change; or as it was before, where the change ended it
 */
export async function changeWorkspace(
  { commits }: Api,
  id: string,
  decide: (workspace: Workspace, now: number) => Change | Refusal,
  ifMatch?: string,
): Promise<Workspace | Problem> {
  let isChanged = false;
  let result: Workspace | null = null;
  const refusal = await commits.change<Refusal>(id, {
    as: null,
    durability: 'required',
    decide: (workspace, now) => {
      isChanged = !meetsIfMatch(ifMatch, workspace.rev);
      return isChanged ? unchanged(workspace) : decide(workspace, now);
    },
    reply: (workspace) => {
      result = workspace;
    },
  });
  if (refusal && refusal.refused !== 'WORKSPACE_GONE') return problemOf(refusal);
  if (isChanged) return problem('PRECONDITION_FAILED');
  return result ?? gone();
}
