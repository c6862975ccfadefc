import { unchanged } from '../domain/change.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Api } from './operation.ts';
import { type Problem, problem, problemOf } from './problem.ts';

/** The form of the ids that this server makes. */
const ID = /^_[\w-]{1,64}$/;

/** The answer about a workspace that is not there. */
export const gone = () => problem('WORKSPACE_GONE');

/**
 * The workspace as it is at this moment, with all that time has decided. So a revision that this shows is one that a
 * change with If-Match finds.
 */
export async function findWorkspace({ commits }: Api, id: string): Promise<Workspace | Problem> {
  if (!ID.test(id)) return gone();
  let found: Workspace | null = null;
  const refusal = await commits.change<never>(id, {
    as: null,
    decide: unchanged,
    durability: 'best-effort',
    reply: (workspace) => {
      found = workspace;
    },
  });
  if (refusal && refusal.refused !== 'WORKSPACE_GONE') return problemOf(refusal);
  return found ?? gone();
}
