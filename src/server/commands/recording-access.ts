import { type Refusal, refuse } from '../../protocol/errors.ts';
import { find } from '../domain/change.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Services } from '../services.ts';
import type { SignedInUser } from '../users/user.ts';

const NO_RECORDINGS = 'This server makes no recordings: its operator has not turned them on.';
const NOT_THIS_USER = 'Your sign-in does not allow you to record. Ask whoever runs the site.';
const NOT_STARTER = 'Only the owner of the workspace can start and stop recordings.';

/** Refuses everybody where the server makes no recordings. */
export function refuseWhereOff({ recordings }: Services): Refusal<'NOT_ALLOWED'> | null {
  return recordings ? null : refuse('NOT_ALLOWED', {}, NO_RECORDINGS);
}

/** Refuses those who may neither start nor stop recordings; null for the owner, and where the host system said so. */
export function refuseToRecord(
  services: Services,
  workspace: Workspace,
  { attendee, user }: { attendee: string; user: SignedInUser | null },
): Refusal<'NOT_ALLOWED' | 'OWNER_ONLY'> | null {
  const off = refuseWhereOff(services);
  if (off) return off;
  const holder = user !== null && find(workspace, attendee)?.user === user.id ? user : null;
  if (holder?.record === false) return refuse('NOT_ALLOWED', {}, NOT_THIS_USER);
  if (holder?.record || attendee === workspace.owner.id) return null;
  return refuse('OWNER_ONLY', {}, NOT_STARTER);
}
