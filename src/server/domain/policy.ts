import type { Access } from '../../protocol/commands.ts';
import { type Refusal, refuse } from '../../protocol/errors.ts';
import type { Workspace } from './workspace.ts';

/**
 * The policy for ring and hangup. 'owner': only the owner. 'participants': during the owner's call, each participant may
 * ring other attendees into it and hang up for itself.
 */
export type CallControl = 'owner' | 'participants';

/** Whether a seated attendee has an access; null means yes. */
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
    case 'user':
    case 'seat':
    case 'returning':
      return null;
  }
}

function onCall({ call }: Workspace, attendeeId: string): Refusal<'NO_CALL' | 'NOT_ON_CALL'> | null {
  if (!call) return refuse('NO_CALL');
  return call.participants.includes(attendeeId) ? null : refuse('NOT_ON_CALL');
}
