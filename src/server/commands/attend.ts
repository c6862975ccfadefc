import { isRefusal, type Refusal, refuse } from '../../protocol/errors.ts';
import type { CommandInput } from '../../protocol/types.ts';
import type { Invitation } from '../auth/tokens.ts';
import { attend as seat } from '../domain/seat.ts';
import { anonymous, arrivalOf, grant, iceServersFor, newId, profileOf, sessionOf } from './arrival.ts';
import type { CodesOf, Context, Handler } from './handler.ts';

export const attend: Handler<'attend'> = async (context, input) => {
  const { services } = context;
  const { settings } = services.config;
  const invitation = await admitted(context, input.workspace);
  if (isRefusal(invitation)) return invitation;

  const profile = profileOf(newId(settings), input.attendee, anonymous(settings));
  const arrival = arrivalOf(context, profile, sessionOf(input));
  return {
    workspace: invitation.workspace,
    seats: profile.id,
    iceServers: await iceServersFor(services, profile.id),
    // Looked at again, because it may have been renewed while the PIN was checked.
    decide: (workspace, now) =>
      workspace.renewals === invitation.renewals
        ? seat(workspace, arrival, settings.max_capacity_of_workspace, now)
        : refuse('INVALID_TOKEN'),
    output: (workspace) => grant(services, workspace, profile.id, input.nonce),
  };
};

/**
 * The invitation, if it and the PIN open its workspace. A broken or former link, a workspace that is gone and a wrong
 * PIN take the same time, one bcrypt comparison, so that a clock tells nobody which it was.
 */
async function admitted(
  { services: { tokens, pins, attempts, store, now }, address }: Context,
  { token, pin = '' }: CommandInput<'attend'>['workspace'],
): Promise<Invitation | Refusal<CodesOf<'attend'>>> {
  const invitation = tokens.readInvitation(token, now());
  const id = isRefusal(invitation) ? '' : invitation.workspace;
  const workspace = isRefusal(invitation) ? null : await store.get(id);
  const isRenewed = !isRefusal(invitation) && workspace !== null && workspace.renewals !== invitation.renewals;

  if (isRefusal(invitation) || workspace === null || isRenewed) {
    const checked = await pins.check(id, pin, null, { may: () => attempts.brokenLink(address) });
    if (typeof checked === 'object') return checked;
    if (isRefusal(invitation)) return invitation;
    return refuse(isRenewed ? 'INVALID_TOKEN' : 'WORKSPACE_GONE');
  }
  if (workspace.pinHash === null) return invitation;

  // Guesses are counted for each invitation: a new link lets those in again whom a guesser had locked out.
  const guessed = `${id}.${invitation.renewals}`;
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
    return invitation;
  }
  return refuse('WRONG_PIN');
}
