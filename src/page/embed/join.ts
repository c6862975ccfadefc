import { CommandError, isTemporary, pauseAfter } from '../../client/errors.ts';
import { isOwnerLink } from '../../client/invitation.ts';
import type { MeshClient } from '../../client/mesh-client.ts';
import { invitationOfPage } from '../invitation.ts';
import { joinProblem } from './join-problem.ts';

/**
 * Takes the person into the workspace of the invitation without asking, where the page around this one has said who they are:
 * by a name, a user token or an owner link. Otherwise, and where a PIN is missing, the form asks.
 * @param name of a guest, or ''
 * @param onDelay called when the server cannot do it yet
 */
export async function joinForHost(client: MeshClient, name: string, onDelay: () => void): Promise<void> {
  const token = invitationOfPage();
  await leaveSeatOfOthers(client);
  const isKnown = name !== '' || client.state.value.user !== null || isOwnerLink(token);
  if (token === '' || !isKnown) return;
  while (!hasPlace(client) && invitationOfPage() === token) {
    try {
      return await client.attend({ token, attendee: name === '' ? {} : { name } });
    } catch (error) {
      const code = error instanceof CommandError ? error.code : null;
      if (code === 'WRONG_PIN') return;
      if (!isTemporary(error) || code === 'LOCKED_OUT') return joinProblem.set(error);
      onDelay();
      await new Promise((resolve) => setTimeout(resolve, pauseAfter(error)));
    }
  }
}

export function hasPlace({ state }: MeshClient): boolean {
  return state.value.seat !== null || state.value.waiting !== null;
}

/** The seat that this tab remembers may be that of somebody who was signed in to the page around this one before. */
async function leaveSeatOfOthers(client: MeshClient): Promise<void> {
  const { seat, user } = client.state.value;
  const holder = seat?.attendees.find(({ id }) => id === seat.self)?.user?.id;
  if (seat && holder !== user?.id) await client.leave();
}
