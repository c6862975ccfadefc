import type { Access } from '../../protocol/commands.ts';
import { type Refusal, refuse } from '../../protocol/errors.ts';
import type { Workspace } from './workspace.ts';

/**
 * Who rings and hangs up. 'owner': the owner alone. 'participants': once the owner's call is on, whoever is on it
 * may ring others into it and take itself off it.
 */
export type CallControl = 'owner' | 'participants';

/** Whether somebody who is seated may do what needs `access`; null means yes. */
export function authorise(
  workspace: Workspace,
  attendeeId: string,
  access: Access,
  callControl: CallControl,
): Refusal<'OWNER_ONLY' | 'NO_CALL' | 'NOT_ON_CALL'> | null {
  const isOwner = attendeeId === workspace.owner.id;
  switch (access) {
    case 'owner':
      return isOwner ? null : refuse('OWNER_ONLY');
    case 'caller':
      if (isOwner) return null;
      return callControl === 'owner' ? refuse('OWNER_ONLY') : onCall(workspace, attendeeId);
    case 'participant':
      return onCall(workspace, attendeeId);
    case 'anyone':
    case 'seat':
    case 'returning':
      return null;
  }
}

function onCall({ call }: Workspace, attendeeId: string): Refusal<'NO_CALL' | 'NOT_ON_CALL'> | null {
  if (!call) return refuse('NO_CALL');
  return call.participants.includes(attendeeId) ? null : refuse('NOT_ON_CALL');
}
