import type { ClientState } from '../client/state.ts';
import { subjectOf } from './consultations/people.ts';
import { partnerOf } from './phone/partner-of.ts';

type Places = Pick<ClientState, 'seat' | 'waiting' | 'outgoing' | 'consultations' | 'user'>;

/**
 * The name of the place where the person is seated or waits, if anywhere: of a call between users, the other one; of a
 * consultation, its subject.
 */
export function titleOf(state: Places): string {
  const { seat, waiting, consultations, user } = state;
  if (seat?.workspace.isDial) return partnerOf(state).name;
  const consultation = seat && consultations.find(({ workspace }) => workspace === seat.workspace.id);
  if (consultation) return subjectOf(consultation, user?.id);
  return (seat ?? waiting)?.workspace.name ?? '';
}
