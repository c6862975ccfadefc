import { amended, type Change, unchanged } from './change.ts';
import type { Workspace } from './workspace.ts';

/**
 * Takes from a user what a workspace gives to it: its ownership, its invites, and its seats, which stay with guests. For a
 * name of the open directory that somebody else holds now.
 */
export function withoutUser(workspace: Workspace, user: string, now: number): Change {
  const { ownerUser, attendees, invites, kickedUsers } = workspace;
  const isConcerned =
    ownerUser === user ||
    kickedUsers.includes(user) ||
    invites.some((invite) => invite.user === user) ||
    attendees.some((attendee) => attendee.user === user);
  if (!isConcerned) return unchanged(workspace);
  const next = amended(
    workspace,
    {
      ownerUser: ownerUser === user ? null : ownerUser,
      attendees: attendees.map((attendee) => (attendee.user === user ? { ...attendee, user: null } : attendee)),
      invites: invites.filter((invite) => invite.user !== user),
      kickedUsers: kickedUsers.filter((kicked) => kicked !== user),
    },
    now,
  );
  return { next, effects: [], ended: [] };
}
