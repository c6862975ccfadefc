import type { AttendeeRecord, InviteRecord, KnockRecord, WaitingPlace } from '../../protocol/types.ts';
import { find } from './change.ts';
import type { Attendee, Call, Invite, WaitingPerson, Workspace } from './workspace.ts';

/** An attendee as all attendees of the workspace may see it. */
export function attendeeRecord(workspace: Workspace, attendee: Attendee): AttendeeRecord {
  return {
    id: attendee.id,
    name: attendee.name,
    avatar: attendee.avatar,
    ...(attendee.session === null ? {} : { session: attendee.session }),
    ...(attendee.user === null ? {} : { user: { id: attendee.user } }),
    owner: attendee.id === workspace.owner.id,
    connected: attendee.connection !== null,
    onCall: workspace.call?.participants.includes(attendee.id) ?? false,
    mic: attendee.mic,
    cam: attendee.cam,
  };
}

/** The record of a seated attendee. @throws Error where the attendee has no seat */
export function recordOf(workspace: Workspace, attendeeId: string): AttendeeRecord {
  const attendee = find(workspace, attendeeId);
  if (!attendee) throw new Error('the attendee has no seat');
  return attendeeRecord(workspace, attendee);
}

/** The record of the owner, who may have no seat at present. */
export function ownerRecord(workspace: Workspace): AttendeeRecord {
  const { owner } = workspace;
  const away = {
    session: null,
    connection: null,
    droppedAt: null,
    legacy: false,
    user: workspace.ownerUser,
    admitted: null,
  };
  return attendeeRecord(workspace, find(workspace, owner.id) ?? { ...owner, ...away, mic: true, cam: true });
}

/** A call and its times, in ms since the epoch. */
export function callRecord({ id, startedAt, connectedAt, endsAt }: Call) {
  return { id, startedAt, connectedAt, endsAt };
}

/** The records of all attendees, by id. */
export function attendeeRecords(workspace: Workspace): Record<string, AttendeeRecord> {
  return Object.fromEntries(
    workspace.attendees.map((attendee) => [attendee.id, attendeeRecord(workspace, attendee)] as const),
  );
}

/** A workspace as its creator sees it, without the invitation. */
export function newWorkspaceRecord(workspace: Workspace) {
  const { id, name, avatar, owner, created, dialled, rev } = workspace;
  return { id, name, avatar, owner: owner.id, created, ...(dialled ? { dialled } : {}), rev };
}

/** A workspace as an attendee sees it who joins or comes back, without the invitation. */
export function workspaceRecord(workspace: Workspace) {
  const { admission, call } = workspace;
  return {
    ...newWorkspaceRecord(workspace),
    admission,
    call: call && { ...callRecord(call), participants: [...call.participants] },
  };
}

/** Somebody in the waiting room as the owner sees it. */
export function knockRecord({ id, name, user, since }: WaitingPerson): KnockRecord {
  return { id, name, ...(user === null ? {} : { user: { id: user } }), since };
}

/** A place in the waiting room as its holder sees it; it tells nothing of the others. */
export function waitingPlace({ id, name, waiting }: Workspace, personId: string): WaitingPlace {
  const place = waiting.findIndex((person) => person.id === personId) + 1;
  return { id: personId, place, workspace: { id, name } };
}

/** An invite as its user, and the one who sent it, see it. @param token accepts it */
export function inviteRecord(
  { id, name, consultation: about }: Pick<Workspace, 'id' | 'name' | 'consultation'>,
  invite: Invite,
  token: string,
): InviteRecord {
  const { from, ring, media, until, call, consultation } = invite;
  return {
    id: invite.id,
    workspace: { id, name },
    token,
    from: { id: from.id, name: from.name, ...(from.user === null ? {} : { user: { id: from.user } }) },
    ring,
    media,
    until,
    call,
    consultation,
    ...(consultation !== null && about ? { subject: about.subject } : {}),
  };
}
