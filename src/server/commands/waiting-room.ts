import { refuse } from '../../protocol/errors.ts';
import type { CommandInput } from '../../protocol/types.ts';
import { capacityOf } from '../domain/seat.ts';
import { waitingPlace } from '../domain/view.ts';
import { knock, mustWait, placeOf, returnToPlace, seatOfPage, takeAdmittedSeat } from '../domain/waiting.ts';
import type { Attendee, WaitingPerson, Workspace } from '../domain/workspace.ts';
import { anonymous, arrivalOf, grant, iceServersFor, namesOf, newId, profileOf, sessionOf } from './arrival.ts';
import type { Context, Outcome, Plan } from './handler.ts';

// The part of `attend` that is about waiting rooms.

const PLACE_ENDED = 'Your place in the waiting room has ended at this moment. Try again.';

/** Whether the sender has to wait. Some users do not: the host system says so, or somebody has invited them. */
export function hasToWait({ user }: Context, workspace: Workspace): boolean {
  return !user?.skipsWaiting && mustWait(workspace, user?.id ?? null);
}

/**
 * What `attend` does for somebody who has to wait, waits already, or was admitted a moment ago without hearing of it.
 * @param isGood looks again, in the change itself, whether the link is still good
 * @returns null for everybody else
 */
export async function waitingRoom(
  context: Context,
  input: CommandInput<'attend'>,
  workspace: Workspace,
  isGood: (workspace: Workspace) => boolean,
): Promise<Outcome<'attend'> | null> {
  const session = sessionOf(input);
  const seat = seatOfPage(workspace, session, graceMs(context), context.services.now());
  if (seat) return admittedSeat(context, input, workspace, seat);
  const former = placeOf(workspace, { session, connection: context.via.connection });
  // Somebody who waits keeps the place while nobody has to ask: the next free seat is for the first in the queue.
  if (!hasToWait(context, former ? { ...workspace, admission: 'ask' } : workspace)) return null;
  if (context.via.legacy) return full(context, workspace);
  return place(context, input, workspace, { former, isGood });
}

/** A client of Engine.IO 3 does not know waiting rooms. */
function full({ services }: Context, workspace: Workspace) {
  return refuse('FULL', { capacity: capacityOf(workspace, services.config.settings.max_capacity_of_workspace) });
}

/** The place that the page has already, or the last one. */
function place(
  context: Context,
  input: CommandInput<'attend'>,
  { id }: Workspace,
  { former, isGood }: { former: WaitingPerson | undefined; isGood: (workspace: Workspace) => boolean },
): Plan<'attend'> {
  const { settings } = context.services.config;
  const person = former?.id ?? newId(settings);
  const profile = profileOf(person, input.attendee, former ?? anonymous(settings), context.user);
  const arrival = arrivalOf(context, profile, sessionOf(input));
  const limits = { mostWaiting: settings.max_waiting, most: settings.max_capacity_of_workspace };
  return {
    workspace: id,
    waits: person,
    decide: (workspace, now) => {
      if (!isGood(workspace)) return refuse('INVALID_TOKEN');
      if (!former) return knock(workspace, arrival, limits, now);
      const change = returnToPlace(workspace, arrival, now);
      return 'refused' in change ? refuse('BUSY_TRY_AGAIN', {}, PLACE_ENDED) : change;
    },
    output: (workspace) => ({ waiting: waitingPlace(workspace, person) }),
  };
}

/** The seat to which the owner admitted the page while its connection was lost. */
async function admittedSeat(
  context: Context,
  input: CommandInput<'attend'>,
  { id }: Workspace,
  own: Attendee,
): Promise<Plan<'attend'>> {
  const { services } = context;
  const session = sessionOf(input);
  const profile = profileOf(own.id, input.attendee, own, namesOf(own, context.user));
  const arrival = arrivalOf(context, profile, session);
  return {
    workspace: id,
    seats: own.id,
    iceServers: await iceServersFor(services, own.id),
    decide: (workspace, now) => {
      const isStillThere = seatOfPage(workspace, session, graceMs(context), now)?.id === own.id;
      const change = isStillThere ? takeAdmittedSeat(workspace, arrival, now) : refuse('NOT_SEATED');
      return 'refused' in change ? refuse('BUSY_TRY_AGAIN', {}, PLACE_ENDED) : change;
    },
    output: (workspace) => grant(services, workspace, own.id, input.nonce),
  };
}

function graceMs({ services }: Context): number {
  return services.config.settings.seat_grace_seconds * 1000;
}
