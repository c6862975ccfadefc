import { find } from '../domain/change.ts';
import { reattend } from '../domain/seat.ts';
import type { Workspace } from '../domain/workspace.ts';
import {
  anonymous,
  arrivalOf,
  grant,
  iceServersFor,
  namesOf,
  profileOf,
  refuseElsewhere,
  sessionOf,
} from './arrival.ts';
import type { Handler } from './handler.ts';

export const reAttend: Handler<'re-attend'> = async (context, input) => {
  const { services, sender, user } = context;
  const elsewhere = refuseElsewhere(user, sender.workspace);
  if (elsewhere) return elsewhere;
  return {
    workspace: sender.workspace,
    durability: 'best-effort',
    seats: sender.attendee,
    iceServers: await iceServersFor(services, sender.attendee),
    decide: (workspace, now) => {
      const known = find(workspace, sender.attendee) ?? ownerAway(workspace, sender.attendee);
      const names = known && namesOf(known, user);
      const profile = profileOf(sender.attendee, input.attendee, known ?? anonymous(services.config.settings), names);
      // Whose the seat is was settled when it was taken.
      return reattend(workspace, { ...arrivalOf(context, profile, sessionOf(input)), user: null }, now);
    },
    output: (workspace) => ({ ...grant(services, workspace, sender.attendee, input.nonce), call: null }),
  };
};

/** The owner who has no seat, and may take it again. */
function ownerAway({ owner, ownerUser }: Workspace, attendeeId: string) {
  return owner.id === attendeeId ? { ...owner, user: ownerUser } : null;
}
