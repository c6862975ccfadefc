import { amended, type Change, unchanged } from './change.ts';
import type { Consultation, Workspace } from './workspace.ts';

/** The id of a former holder of a name. Names are folded, so no name of the open directory has capitals in its id. */
export const formerId = (user: string): string => `FORMER ${user}`;

/**
 * Takes from a user what a workspace gives to it: its ownership, its invites, its part in a consultation, and its seats, which
 * stay with guests. For a name of the open directory that somebody else holds now.
 */
export function withoutUser(workspace: Workspace, user: string, now: number): Change {
  const { ownerUser, attendees, invites, kickedUsers, consultation } = workspace;
  const isConcerned =
    ownerUser === user ||
    kickedUsers.includes(user) ||
    invites.some((invite) => invite.user === user) ||
    attendees.some((attendee) => attendee.user === user) ||
    (consultation !== null && [consultation.provider, ...consultation.clients].some(({ id }) => id === user));
  if (!isConcerned) return unchanged(workspace);
  const next = amended(
    workspace,
    {
      ownerUser: ownerUser === user ? null : ownerUser,
      attendees: attendees.map((attendee) => (attendee.user === user ? { ...attendee, user: null } : attendee)),
      invites: invites.filter((invite) => invite.user !== user),
      kickedUsers: kickedUsers.filter((kicked) => kicked !== user),
      consultation: consultation && withFormer(consultation, user),
    },
    now,
  );
  return { next, effects: [], ended: [] };
}

function withFormer({ provider, clients, ...consultation }: Consultation, user: string): Consultation {
  const renamed = (each: Consultation['provider']) => (each.id === user ? { ...each, id: formerId(user) } : each);
  return { ...consultation, provider: renamed(provider), clients: clients.map(renamed) };
}
