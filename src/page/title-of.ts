import type { ClientState } from '../client/state.ts';
import { partnerOf } from './phone/partner-of.ts';

/** The name of the place where the person is seated or waits, if anywhere: of a call between users, the other one. */
export function titleOf(state: Pick<ClientState, 'seat' | 'waiting' | 'outgoing'>): string {
  const { seat, waiting } = state;
  if (seat?.workspace.isDial) return partnerOf(state).name;
  return (seat ?? waiting)?.workspace.name ?? '';
}
