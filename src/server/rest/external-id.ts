import type { Claimed } from '../workspaces/external-id.ts';
import { type Problem, problem } from './problem.ts';

/** The answer to a claim that does not stand. */
export function refusedClaim(claimed: Exclude<Claimed, 'claimed'>): Problem {
  return claimed === 'undecided'
    ? problem('BUSY_TRY_AGAIN')
    : problem('EXTERNAL_ID_TAKEN', { workspace: { id: claimed.takenBy } });
}
