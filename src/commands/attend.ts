import { attend as seat } from '../domain/seat.ts';
import { isRefusal, type Refusal, refuse } from '../protocol/errors.ts';
import type { CommandInput } from '../protocol/types.ts';
import { anonymous, arrivalOf, grant, iceServersFor, newId, profileOf, sessionOf } from './arrival.ts';
import type { CodesOf, Context, Handler } from './handler.ts';

export const attend: Handler<'attend'> = async (context, input) => {
  const { services } = context;
  const { settings } = services.config;
  const id = await admitted(context, input.workspace);
  if (typeof id !== 'string') return id;

  const profile = profileOf(newId(settings), input.attendee, anonymous(settings));
  const arrival = arrivalOf(context, profile, sessionOf(input));
  return {
    workspace: id,
    seats: profile.id,
    iceServers: await iceServersFor(services, profile.id),
    decide: (workspace, now) => seat(workspace, arrival, settings.max_capacity_of_workspace, now),
    output: (workspace) => grant(services, workspace, profile.id, input.nonce),
  };
};

/**
 * The id of the workspace that an invitation and a PIN open. A broken link, a workspace that is gone and a wrong PIN
 * take the same time, one bcrypt comparison, so that a clock tells nobody which it was.
 */
async function admitted(
  { services: { tokens, pins, attempts, store, now }, address }: Context,
  { token, pin = '' }: CommandInput<'attend'>['workspace'],
): Promise<string | Refusal<CodesOf<'attend'>>> {
  const invitation = tokens.readInvitation(token, now());
  const id = isRefusal(invitation) ? '' : invitation.workspace;
  const workspace = isRefusal(invitation) ? null : await store.get(id);

  if (!workspace) {
    const checked = await pins.check(id, pin, null, () => attempts.brokenLink(address));
    if (typeof checked === 'object') return checked;
    return isRefusal(invitation) ? invitation : refuse('WORKSPACE_GONE');
  }
  if (workspace.pinHash === null) return id;

  const lockedOut = await attempts.mayGuess(id, address);
  if (lockedOut) return lockedOut;
  // Asked again when the check's turn comes: of a crowd of guesses only as many are looked at as the limit allows.
  const checked = await pins.check(id, pin, workspace.pinHash, () => attempts.mayGuess(id, address));
  if (typeof checked === 'object') return checked;
  if (checked) {
    await attempts.rightPin(id, address);
    return id;
  }
  await attempts.wrongPin(id, address);
  return refuse('WRONG_PIN');
}
