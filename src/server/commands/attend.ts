import { isRefusal, type Refusal, refuse } from '../../protocol/errors.ts';
import type { CommandInput } from '../../protocol/types.ts';
import type { Link } from '../auth/tokens.ts';
import { type Change, find, inSequence, unchanged } from '../domain/change.ts';
import { acceptInvites } from '../domain/invites.ts';
import { rename } from '../domain/rename.ts';
import { type Arrival, accept, bind, leave, reattend, attend as seat } from '../domain/seat.ts';
import { endPlaceOf } from '../domain/waiting.ts';
import type { Attendee, Workspace } from '../domain/workspace.ts';
import type { SignedInUser } from '../users/user.ts';
import {
  anonymous,
  arrivalOf,
  grant,
  iceServersFor,
  namesOf,
  newId,
  profileOf,
  refuseElsewhere,
  sessionOf,
} from './arrival.ts';
import type { CodesOf, Context, Handler, Plan } from './handler.ts';
import { hasToWait, waitingRoom } from './waiting-room.ts';

const HAS_TO_ASK = 'The owner admits newcomers one by one as of now. Try again to ask for admission.';
const SEAT_ENDED = 'Your seat has ended at this moment. Join the workspace again.';
const WHOSE_LINK = 'This link is for one person alone. Sign in first, then open it again.';
const FOR_ANOTHER = 'This link is for somebody else. Ask the owner for a link of your own.';

export const attend: Handler<'attend'> = async (context, input) => {
  const admission = await admitted(context, input.workspace);
  if (isRefusal(admission)) return admission;
  const { workspace, isOwner } = admission;
  const elsewhere = refuseElsewhere(context.user, workspace.id);
  if (elsewhere) return elsewhere;
  const own = workspace.attendees.find(({ id, connection }) => {
    // The document knows also a seat that was stored after its answer was given up.
    return context.holds(workspace.id, id) || connection === context.via.connection;
  });
  if (own && (!isOwner || own.id === workspace.owner.id)) return sameSeat(context, input, admission, own);
  if (isOwner) return ownersPlace(context, input, workspace, own);
  const { link } = admission;
  if (link.kind === 'invite') return newSeat(context, input, workspace, seatInvited(link.invite));
  // Looked at again in the change, because the invitation may have been renewed while the PIN was checked.
  const isGood = ({ renewals }: Workspace) => link.kind !== 'invitation' || renewals === workspace.renewals;
  const waiting = await waitingRoom(context, input, workspace, isGood);
  return waiting ?? newSeat(context, input, workspace, seatAdmitted(context, isGood));
};

type Seating = (
  workspace: Workspace,
  arrival: Arrival,
  most: number,
  now: number,
) => Change | Refusal<CodesOf<'attend'>>;

/** Seats somebody who has come with an invite: it passes the waiting room. */
function seatInvited(invite: string): Seating {
  return (workspace, arrival, most, now) => accept(workspace, invite, arrival, most, now);
}

/** Seats somebody who has come with a link that is still good, and need not wait. */
function seatAdmitted(context: Context, isGood: (workspace: Workspace) => boolean): Seating {
  return (workspace, arrival, most, now) => {
    if (!isGood(workspace)) return refuse('INVALID_TOKEN');
    if (hasToWait(context, workspace)) return refuse('BUSY_TRY_AGAIN', {}, HAS_TO_ASK);
    return seat(workspace, arrival, most, now);
  };
}

async function newSeat(
  context: Context,
  input: CommandInput<'attend'>,
  { id }: Workspace,
  seating: Seating,
): Promise<Plan<'attend'>> {
  const { services } = context;
  const { settings } = services.config;
  const profile = profileOf(newId(settings), input.attendee, anonymous(settings), context.user);
  const arrival = arrivalOf(context, profile, sessionOf(input));
  return {
    workspace: id,
    seats: profile.id,
    iceServers: await iceServersFor(services, profile.id),
    decide: (workspace, now) =>
      inSequence(workspace, [
        (current) => seating(current, arrival, settings.max_capacity_of_workspace, now),
        (current) => endPlaceOf(current, arrival, now),
      ]),
    output: (workspace) => grant(services, workspace, profile.id, input.nonce),
  };
}

/**
 * A second click, a repetition because an answer was lost, or an invite to somebody who is there: the seat is the one that the
 * connection has.
 */
async function sameSeat(
  { services, via, user }: Context,
  { attendee, nonce }: CommandInput<'attend'>,
  { workspace: { id }, link }: Admission,
  own: Attendee,
): Promise<Plan<'attend'>> {
  const accepting = link.kind === 'invite' ? (user?.id ?? null) : null;
  return {
    workspace: id,
    seats: own.id,
    iceServers: await iceServersFor(services, own.id),
    decide: (workspace, now) => {
      const change = inSequence(workspace, [
        (current) => bind(current, own.id, via, now),
        (current) => rename(current, profileOf(own.id, attendee, own, namesOf(own, user)), now),
        (current) => (accepting === null ? unchanged(current) : acceptInvites(current, accepting, via.connection, now)),
      ]);
      return isRefusal(change) ? refuse('BUSY_TRY_AGAIN', {}, SEAT_ENDED) : change;
    },
    output: (workspace) => grant(services, workspace, own.id, nonce),
  };
}

/**
 * The owner's place, also where another attendee held it before, for an owner link and for a user who owns the workspace.
 * Another seat of the same connection ends.
 */
async function ownersPlace(
  context: Context,
  input: CommandInput<'attend'>,
  { id, owner }: Workspace,
  own: Attendee | undefined,
): Promise<Plan<'attend'>> {
  const { services } = context;
  return {
    workspace: id,
    seats: owner.id,
    iceServers: await iceServersFor(services, owner.id),
    decide: (workspace, now) => {
      const profile = profileOf(owner.id, input.attendee, workspace.owner, context.user);
      const arrival = arrivalOf(context, profile, sessionOf(input));
      const change = inSequence(workspace, [
        (current) => {
          const isGuest = own !== undefined && own.id !== owner.id && find(current, own.id) !== undefined;
          return isGuest ? leave(current, own.id, now) : unchanged(current);
        },
        (current) => endPlaceOf(current, arrival, now),
        (current) => reattend(current, arrival, now),
      ]);
      return isRefusal(change) ? refuse('BUSY_TRY_AGAIN', {}, SEAT_ENDED) : change;
    },
    output: (workspace) => grant(services, workspace, owner.id, input.nonce),
  };
}

interface Admission {
  readonly workspace: Workspace;
  readonly link: Link;
  /** Whether the sender gets the owner's place. */
  readonly isOwner: boolean;
}

/**
 * The workspace, if the link and the PIN open it; only an invitation needs a PIN. A broken or former link, a workspace that
 * is gone and a wrong PIN take the same time, one bcrypt comparison, so that a clock tells nobody which it was.
 */
async function admitted(
  context: Context,
  { token, pin = '' }: CommandInput<'attend'>['workspace'],
): Promise<Admission | Refusal<CodesOf<'attend'>>> {
  const { tokens, pins, attempts, store, now } = context.services;
  const link = tokens.readLink(token, now());
  const id = isRefusal(link) ? '' : link.workspace;
  const workspace = isRefusal(link) ? null : await store.get(id);
  const isRenewed =
    !isRefusal(link) && link.kind === 'invitation' && workspace !== null && workspace.renewals !== link.renewals;

  if (isRefusal(link) || workspace === null || isRenewed) {
    const checked = await pins.check(id, pin, null, { may: () => attempts.brokenLink(context.address) });
    if (typeof checked === 'object') return checked;
    if (isRefusal(link)) return link;
    if (link.kind === 'invite') return refuse('INVITE_OVER');
    return refuse(isRenewed ? 'INVALID_TOKEN' : 'WORKSPACE_GONE');
  }
  const refusal =
    link.kind === 'invitation' ? await checkPin(context, workspace, pin) : refuseStranger(context, workspace, link);
  return refusal ?? { workspace, link, isOwner: link.kind === 'owner' || isOwner(context.user, workspace) };
}

/** Whether a user owns a workspace, or has the owner's part there because the host system says so. */
function isOwner(user: SignedInUser | null, { id, ownerUser, kickedUsers }: Workspace): boolean {
  if (user === null) return false;
  return user.id === ownerUser || (user.workspace === id && user.role === 'owner' && !kickedUsers.includes(user.id));
}

/** Refuses a link that is for somebody else. */
function refuseStranger(
  { user }: Context,
  { invites }: Workspace,
  link: Exclude<Link, { kind: 'invitation' }>,
): Refusal<CodesOf<'attend'>> | null {
  if (link.kind === 'owner') return null;
  if (user === null) return refuse('NOT_SIGNED_IN', {}, WHOSE_LINK);
  // One that is over may have brought the sender the seat that it has.
  const isOthers =
    link.kind === 'invite'
      ? invites.some((each) => each.id === link.invite && each.user !== user.id)
      : !link.isFor(user.id);
  return isOthers ? refuse('NOT_ALLOWED', {}, FOR_ANOTHER) : null;
}

/** Checks the PIN of a workspace that has one. */
async function checkPin(
  { services: { pins, attempts }, address }: Context,
  { id, pinHash, renewals }: Workspace,
  pin: string,
): Promise<Refusal<CodesOf<'attend'>> | null> {
  if (pinHash === null) return null;
  // Guesses are counted for each invitation: a new link lets those in again whom a guesser had locked out.
  const guessed = `${id}.${renewals}`;
  const lockedOut = await attempts.mayGuess(guessed, address);
  if (lockedOut) return lockedOut;
  // Asked again when the check's turn comes: of a crowd of guesses only as many are looked at as the limit allows.
  const checked = await pins.check(id, pin, pinHash, {
    may: () => attempts.mayGuess(guessed, address),
    wrong: () => attempts.wrongPin(guessed, address),
  });
  if (typeof checked === 'object') return checked;
  if (!checked) return refuse('WRONG_PIN');
  await attempts.rightPin(guessed, address);
  return null;
}
