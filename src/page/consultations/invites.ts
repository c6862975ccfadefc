import { Observable } from '../../client/observable.ts';
import type { ClientState, IncomingInvite } from '../../client/state.ts';
import { rememberedPutAway } from '../remembered.ts';
import { strings } from '../strings.ts';

/** The ids of invites that the person has answered or put away; the list of consultations still has them. */
export const putAway = new Observable<ReadonlySet<string>>(new Set(rememberedPutAway.get()));

export function putInviteAway(id: string): void {
  if (putAway.value.has(id)) return;
  rememberedPutAway.add(id);
  putAway.set(new Set([...putAway.value, id]));
}

/** The invites to come, without a ring, that lead elsewhere than where the person sits. */
export function invitesElsewhere({ invites, seat }: Pick<ClientState, 'invites' | 'seat'>): IncomingInvite[] {
  return invites.filter(({ ring, workspace }) => !ring && workspace.id !== seat?.workspace.id);
}

/** The sentence that says who invites whither. */
export function inviteSentence({ consultation, from, workspace, subject }: IncomingInvite): string {
  return consultation === null
    ? strings.invites.invited(from.name, workspace.name)
    : strings.invites.consultation(from.name, subject ?? workspace.name);
}
