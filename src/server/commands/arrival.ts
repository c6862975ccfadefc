import { nanoid } from 'nanoid';
import { type Refusal, refuse } from '../../protocol/errors.ts';
import type { IceServerRecord } from '../../protocol/types.ts';
import type { Settings } from '../config/settings.ts';
import { recordingRecord } from '../domain/recording.ts';
import type { Arrival } from '../domain/seat.ts';
import { attendeeRecords, knockRecord, recordOf, workspaceRecord } from '../domain/view.ts';
import type { Profile, Workspace } from '../domain/workspace.ts';
import { IceUnavailable } from '../ice/provider.ts';
import type { Services } from '../services.ts';
import type { SignedInUser } from '../users/user.ts';
import type { Context } from './handler.ts';

// `create`, `attend` and `re-attend` all bring an attendee to a seat. This file holds the parts that they share.

/** An id for a workspace or an attendee. Only the server makes them. */
export function newId({ WORKSPACE_ID_LEN }: Settings): string {
  return `_${nanoid(WORKSPACE_ID_LEN)}`;
}

/** The profile that an attendee gives, with defaults for missing parts. The name and the picture of a user come first. */
export function profileOf(
  id: string,
  given: { name?: string | undefined; avatar?: string | undefined },
  fallback: { name: string; avatar: string },
  user: { name: string; avatar: string | null } | null = null,
): Profile {
  return {
    id,
    name: user?.name ?? (given.name || fallback.name),
    avatar: user?.avatar ?? (given.avatar || fallback.avatar),
  };
}

/** The source of a seated attendee's names: the user who signed in, or else the user's seat itself; null: the client. */
export function namesOf(
  seat: { user: string | null; name: string; avatar: string },
  user: SignedInUser | null,
): { name: string; avatar: string | null } | null {
  if (seat.user === null) return null;
  return seat.user === user?.id ? user : seat;
}

export function anonymous(settings: Settings): { name: string; avatar: string } {
  return { name: settings.anonymous_attendee, avatar: settings.default_attendee_avatar };
}

/** The id of the client's page. Clients send it beside the attendee, or in it. */
export function sessionOf(input: {
  session?: string | undefined;
  attendee: { session?: string | undefined };
}): string | null {
  return input.session ?? input.attendee.session ?? null;
}

export function arrivalOf({ via, user }: Context, profile: Profile, session: string | null): Arrival {
  return { ...via, profile, session, user: user?.id ?? null };
}

/** Refuses a user a seat anywhere but in the workspace for which the host system signed. */
export function refuseElsewhere(user: SignedInUser | null, workspace: string): Refusal<'NOT_ALLOWED'> | null {
  return user === null || user.workspace === null || user.workspace === workspace
    ? null
    : refuse('NOT_ALLOWED', {}, SITS_ELSEWHERE);
}

const SITS_ELSEWHERE = 'Your sign-in is good for one workspace alone. Open the link that belongs to it.';

/** The ICE servers of a seat, or the refusal that tells a client that there are none; the log has the reason. */
export async function iceServersFor(
  { ice, log }: Services,
  attendeeId: string,
): Promise<IceServerRecord[] | Refusal<'ICE_UNAVAILABLE'>> {
  try {
    return await ice.servers(attendeeId);
  } catch (error) {
    if (!(error instanceof IceUnavailable)) throw error;
    log.error({ reason: error.message }, 'no ICE servers');
    return refuse('ICE_UNAVAILABLE');
  }
}

/** The answer to an attendee who joined or came back: the whole state of the workspace, for the owner with the queue. */
export function grant({ tokens, now }: Services, workspace: Workspace, attendeeId: string, nonce: string) {
  const present = now();
  return {
    workspace: {
      ...workspaceRecord(workspace),
      token: tokens.invitation(workspace, present),
    },
    attendee: recordOf(workspace, attendeeId),
    attendees: attendeeRecords(workspace),
    accessToken: tokens.access(workspace.id, attendeeId, present),
    serverNow: present,
    ...(workspace.recording ? { recording: recordingRecord(workspace, workspace.recording) } : {}),
    ...(attendeeId === workspace.owner.id ? { waiting: workspace.waiting.map(knockRecord) } : {}),
    nonce,
  };
}
