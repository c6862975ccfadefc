import { isRefusal, type Refusal, refuse } from '../../protocol/errors.ts';
import type { CommandInput } from '../../protocol/types.ts';
import { find, inSequence, unchanged } from '../domain/change.ts';
import { rename } from '../domain/rename.ts';
import { bind, leave, reattend, attend as seat } from '../domain/seat.ts';
import type { Attendee, Workspace } from '../domain/workspace.ts';
import { anonymous, arrivalOf, grant, iceServersFor, newId, profileOf, sessionOf } from './arrival.ts';
import type { CodesOf, Context, Handler, Plan } from './handler.ts';

const SEAT_ENDED = 'Your seat has ended at this moment. Join the workspace again.';

export const attend: Handler<'attend'> = async (context, input) => {
  const admission = await admitted(context, input.workspace);
  if (isRefusal(admission)) return admission;
  const { workspace, isOwner } = admission;
  const own = workspace.attendees.find(({ id, connection }) => {
    // The document knows also a seat that was stored after its answer was given up.
    return context.holds(workspace.id, id) || connection === context.via.connection;
  });
  if (isOwner) return ownersPlace(context, input, workspace, own);
  return own ? sameSeat(context, input, workspace, own) : newSeat(context, input, workspace);
};

async function newSeat(
  context: Context,
  input: CommandInput<'attend'>,
  { id, renewals }: Workspace,
): Promise<Plan<'attend'>> {
  const { services } = context;
  const { settings } = services.config;
  const profile = profileOf(newId(settings), input.attendee, anonymous(settings));
  const arrival = arrivalOf(context, profile, sessionOf(input));
  return {
    workspace: id,
    seats: profile.id,
    iceServers: await iceServersFor(services, profile.id),
    // Looked at again, because it may have been renewed while the PIN was checked.
    decide: (workspace, now) =>
      workspace.renewals === renewals
        ? seat(workspace, arrival, settings.max_capacity_of_workspace, now)
        : refuse('INVALID_TOKEN'),
    output: (workspace) => grant(services, workspace, profile.id, input.nonce),
  };
}

/** A second click, or a repetition because an answer was lost: the seat is the one that the connection has. */
async function sameSeat(
  { services, via }: Context,
  { attendee, nonce }: CommandInput<'attend'>,
  { id }: Workspace,
  own: Attendee,
): Promise<Plan<'attend'>> {
  return {
    workspace: id,
    seats: own.id,
    iceServers: await iceServersFor(services, own.id),
    decide: (workspace, now) => {
      const change = inSequence(workspace, [
        (current) => bind(current, own.id, via, now),
        (current) => rename(current, profileOf(own.id, attendee, own), now),
      ]);
      return isRefusal(change) ? refuse('BUSY_TRY_AGAIN', {}, SEAT_ENDED) : change;
    },
    output: (workspace) => grant(services, workspace, own.id, nonce),
  };
}

/** The owner's place, whoever held it before. A guest's seat of the same connection ends. */
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
      const arrival = arrivalOf(context, profileOf(owner.id, input.attendee, workspace.owner), sessionOf(input));
      const change = inSequence(workspace, [
        (current) => {
          const isGuest = own !== undefined && own.id !== owner.id && find(current, own.id) !== undefined;
          return isGuest ? leave(current, own.id, now) : unchanged(current);
        },
        (current) => reattend(current, { ...arrival, user: arrival.user ?? workspace.ownerUser }, now),
      ]);
      return isRefusal(change) ? refuse('BUSY_TRY_AGAIN', {}, SEAT_ENDED) : change;
    },
    output: (workspace) => grant(services, workspace, owner.id, input.nonce),
  };
}

interface Admission {
  readonly workspace: Workspace;
  /** Whether the link gives the owner's place. */
  readonly isOwner: boolean;
}

/**
 * The workspace, if the link and the PIN open it; an owner link needs no PIN. A broken or former link, a workspace that is gone and a wrong
 * PIN take the same time, one bcrypt comparison, so that a clock tells nobody which it was.
 */
async function admitted(
  { services: { tokens, pins, attempts, store, now }, address }: Context,
  { token, pin = '' }: CommandInput<'attend'>['workspace'],
): Promise<Admission | Refusal<CodesOf<'attend'>>> {
  const link = tokens.readLink(token, now());
  const id = isRefusal(link) ? '' : link.workspace;
  const workspace = isRefusal(link) ? null : await store.get(id);
  const isRenewed =
    !isRefusal(link) && link.kind === 'invitation' && workspace !== null && workspace.renewals !== link.renewals;

  if (isRefusal(link) || workspace === null || isRenewed) {
    const checked = await pins.check(id, pin, null, { may: () => attempts.brokenLink(address) });
    if (typeof checked === 'object') return checked;
    if (isRefusal(link)) return link;
    return refuse(isRenewed ? 'INVALID_TOKEN' : 'WORKSPACE_GONE');
  }
  if (link.kind === 'owner') return { workspace, isOwner: true };
  if (workspace.pinHash === null) return { workspace, isOwner: false };

  // Guesses are counted for each invitation: a new link lets those in again whom a guesser had locked out.
  const guessed = `${id}.${link.renewals}`;
  const lockedOut = await attempts.mayGuess(guessed, address);
  if (lockedOut) return lockedOut;
  // Asked again when the check's turn comes: of a crowd of guesses only as many are looked at as the limit allows.
  const checked = await pins.check(id, pin, workspace.pinHash, {
    may: () => attempts.mayGuess(guessed, address),
    wrong: () => attempts.wrongPin(guessed, address),
  });
  if (typeof checked === 'object') return checked;
  if (checked) {
    await attempts.rightPin(guessed, address);
    return { workspace, isOwner: false };
  }
  return refuse('WRONG_PIN');
}
