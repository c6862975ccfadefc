import { nanoid } from 'nanoid';
import { type Refusal, refuse } from '../../protocol/errors.ts';
import type { IceServerRecord } from '../../protocol/types.ts';
import type { Settings } from '../config/settings.ts';
import type { Arrival } from '../domain/seat.ts';
import { attendeeRecords, recordOf, workspaceRecord } from '../domain/view.ts';
import type { Profile, Workspace } from '../domain/workspace.ts';
import { IceUnavailable } from '../ice/provider.ts';
import type { Services } from '../services.ts';
import type { Context } from './handler.ts';

// `create`, `attend` and `re-attend` all bring an attendee to a seat. This file holds the parts that they share.

/** An id for a workspace or an attendee. Only the server makes them. */
export function newId({ WORKSPACE_ID_LEN }: Settings): string {
  return `_${nanoid(WORKSPACE_ID_LEN)}`;
}

/** The profile that an attendee gives, with defaults for missing parts. */
export function profileOf(
  id: string,
  given: { name?: string | undefined; avatar?: string | undefined },
  fallback: { name: string; avatar: string },
): Profile {
  return { id, name: given.name || fallback.name, avatar: given.avatar || fallback.avatar };
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

export function arrivalOf({ via }: Context, profile: Profile, session: string | null): Arrival {
  return { ...via, profile, session, user: null };
}

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

/** The answer to an attendee who joined or came back: the whole state of the workspace. */
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
    nonce,
  };
}
