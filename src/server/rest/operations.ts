import type { Settings } from '../config/settings.ts';
import type { Operation } from './operation.ts';
import { attendeeOperations } from './operations/attendees.ts';
import { callOperations } from './operations/calls.ts';
import { consultationOperations } from './operations/consultations.ts';
import { invitationOperations } from './operations/invitations.ts';
import { inviteOperations } from './operations/invites.ts';
import { operatingOperations } from './operations/operating.ts';
import { recordingOperations } from './operations/recordings.ts';
import { userOperations } from './operations/users.ts';
import { webhookOperations } from './operations/webhooks.ts';
import { workspaceOperations } from './operations/workspaces.ts';

/** All operations of the API. */
export function operationsOf(settings: Settings): Operation[] {
  return [
    ...workspaceOperations(settings),
    ...invitationOperations,
    ...inviteOperations,
    ...attendeeOperations,
    ...callOperations,
    ...userOperations(settings),
    ...webhookOperations,
    ...consultationOperations(settings),
    ...recordingOperations,
    ...operatingOperations,
  ];
}
